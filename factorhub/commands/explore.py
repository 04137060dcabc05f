"""`factorhub explore`: the page on which factors are moved, served on this machine alone."""

from __future__ import annotations

import click

from factorhub.commands.completion import ANY
from factorhub.commands.group import WHOLE, echo
from factorhub.errors import InputError


@click.command(short_help="Move factors and see the picture, in a browser.")
@click.argument("names", nargs=-1, metavar="[NAME | PATH]…", type=ANY)
@click.option("--port", type=WHOLE, default=0, help="To listen on, on 127.0.0.1; a free one by default.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option("--idle", type=WHOLE, metavar="MINUTES", help="Stop after so long without a question; 120 over ssh by default.")
def explore(names: tuple[str, ...], port: int, no_browser: bool, idle: int | None) -> None:
    """Open a page that shows generators NAME… and sets at PATH…; dsprites, shapes3d and heads if none is named.

    It is served on this machine alone, and asks for the token in the address. Ctrl-C ends it.
    """
    import os
    import threading
    import webbrowser

    from factorhub.explorer.answers import opened
    from factorhub.explorer.server import Explorer

    if not 0 <= port <= 65535:
        raise InputError(f"--port is 0 (a free one) to 65535; got {port}")
    if idle is not None and idle < 1:
        raise InputError(f"--idle is a number of minutes of at least 1; got {idle}")
    far = os.environ.get("SSH_CONNECTION", "").split()
    minutes = idle if idle is not None else 120 if far else None
    shown = [opened(name) for name in names or ("dsprites", "shapes3d", "heads")]
    try:
        server = Explorer(shown, port, None if minutes is None else 60.0 * minutes)
    except OSError as error:
        raise InputError(f"cannot listen on port {port}: {error.strerror}; leave --port out to take a free one") from None
    with server:
        echo(server.address)
        if far:
            host = far[2] if len(far) > 2 else os.uname().nodename
            there = f"127.0.0.1:{server.port}"
            echo(f"on your own machine: ssh -N -L {server.port}:{there} {host}; then open the address above")
        threading.Thread(target=_warm, args=(shown[0].made,), daemon=True).start()
        if not (no_browser or far):
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            echo("closed", err=True)


def _warm(made: object) -> None:
    """Load the loops that the first picture needs, while the browser opens."""
    from factorhub.explorer.answers import Shown, now, start
    from factorhub.generator import Generator

    if isinstance(made, Generator):
        now(Shown(made.name, made), {"values": start(made).tolist()})
