"""How long does a picture take from the explorer, over a connection that is kept open, on this machine?

    python benchmarks/explorer.py [NAME]...

The time of a question and its answer, the picture rendered, in one process beside the server's; the first is left out.
"""

from __future__ import annotations

import http.client
import json
import threading
import time

import click
import numpy as np

from factorhub.explorer.answers import opened, start
from factorhub.explorer.server import Explorer

PICTURES = 500


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    print("time of a picture                median     95%")
    for name in names or ("dsprites", "shapes3d", "moving_sprites", "multi_dsprites", "heads", "dmelodies", "pendulum"):
        shown = opened(name)
        server = Explorer([shown])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        body = json.dumps({"ask": "now", "item": 0, "values": start(shown.made).tolist()})
        took = []
        for _ in range(PICTURES + 1):
            begun = time.perf_counter()
            connection.request("POST", "/ask", body, {"X-Token": server.token})
            connection.getresponse().read()
            took.append(time.perf_counter() - begun)
        median, late = 1e3 * np.quantile(took[1:], [0.5, 0.95])
        print(f"  {name:28}{median:8.2f} ms{late:8.2f} ms")
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
