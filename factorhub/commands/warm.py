"""`factorhub warm`: makes the machine code of generators, regimes and streams ahead of their first use."""

from __future__ import annotations

import click

from factorhub.commands.completion import GENERATOR
from factorhub.commands.group import echo

REGIMES = "regimes"  # the two things to be warmed that are no generator
STREAMS = "streams"
TEXTS = (  # one of each kind of loop, over dsprites
    "uniform", "where('shape == heart')", "correlated([[posX, posY]], sigma=0.2)", "copula([[posX, posY, 0.7]])", "pairs(k=2)",
    "pairs(k=-1, mode=dlib)", "pairs(k=2, mode=at_most)", "walk(4)", "sequence(4)", "traversal(posX, 4)", "temporal(steps=4)",
    "labels(noise=0.1)", "tasks", "radius", "perturbation", "linear_scm", "line([posX, posY])",
    "shell([[posX, 0.3, 0.6], [posY, 0.3, 0.6]])", "environments([uniform, where('shape == heart')])", "grid",
    "causal([mechanism(posY, [posX], [0.8], noise=0.6)])",
    "counterfactual(causal([mechanism(posY, [posX], [0.8])]), [[do(posX)], [do(posY)]])",
)  # fmt: skip


@click.command(short_help="Compile ahead of the first use.")
@click.argument("names", nargs=-1, metavar="[NAME]…", type=GENERATOR)
def warm(names: tuple[str, ...]) -> None:
    """Compile the loops of the generators NAME…, of all regimes and of streams, and keep the machine code on disk.

    Without a NAME, those of the whole catalog. A first run compiles what it needs, which takes it some seconds; this does so
    beforehand, for a container image, a cluster's nodes or an install that users cannot write to. NUMBA_CACHE_DIR says where
    the code is kept, else it lies beside the modules.
    """
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    from factorhub.catalog import CATALOG, generator
    from factorhub.progress import Bar
    from factorhub.threads import cores

    for name in names:
        generator(name)  # a name that is none is said before anything is compiled
    wanted = [REGIMES, STREAMS, *(names or CATALOG)]
    with Bar(len(wanted), "warm") as bar, ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(use, name) for name in wanted]):
            done.result()
            bar(1)
    echo(f"compiled: {', '.join(wanted)}")


def use(name: str) -> None:
    """Do what makes every loop of one thing needed: a few rows drawn, rendered, stored, streamed and drawn as a picture."""
    if name == REGIMES:
        _draw()
    elif name == STREAMS:
        _stream()
    else:
        _render(name)


def _render(name: str) -> None:
    import tempfile
    from pathlib import Path

    from factorhub import build, catalog
    from factorhub.commands import preview

    made = catalog.generator(name)
    preview.sheet(*preview.contact(made, 4, 0))
    with tempfile.TemporaryDirectory() as folder:
        store = build.generate(made, Path(folder) / "set", rows=64)
        row = store.factors(0)
        store.lookup(**dict(list(row.items())[:1]))


def _draw() -> None:
    from factorhub.build.recipes import recipe

    for text in TEXTS:
        recipe("dsprites", regime=text, rows=64).source().read([0, 1, 2])


def _stream() -> None:
    import numpy as np

    from factorhub.storage import window_reader
    from factorhub.storage.codecs.run_length import encode

    encode(np.zeros(4096, np.uint8))
    window_reader.load()
