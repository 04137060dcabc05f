"""How long does a command take to answer, and a first run on a fresh install, against the bounds that people feel?

    python benchmarks/startup.py [NAME]...

Processor time, the process's start included, the best of three for commands on a warm install; and for each generator NAME (all
by default) wall time of the first `preview` and the first `generate` of 2,000 rows, with no machine code kept from before.
"python" is an interpreter that imports NumPy, "h5py" one that imports h5py: what any command takes that uses them.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from factorhub.catalog import CATALOG

QUICK, FIRST = 0.3, 3.0  # seconds: of processor time for a command that renders nothing, of wall time for a first run


def took(words: list[str], **environment: str) -> tuple[float, float]:
    """Wall time and processor time of a process and what it started."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise click.ClickException(done.stderr)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    hub = [sys.executable, "-m", "factorhub"]
    print(f"{len(os.sched_getaffinity(0))} cores")
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(Path(scratch) / "set")
        took([*hub, "generate", "dsprites", "--rows", "2000", "--out", folder])
        commands = {
            "python, NumPy": ([sys.executable, "-c", "import numpy"], {}),
            "python, h5py": ([sys.executable, "-c", "import h5py"], {}),
            "--help": ([*hub, "--help"], {}),
            "list": ([*hub, "list"], {}),
            "info": ([*hub, "info", "dsprites"], {}),
            "presets": ([*hub, "presets"], {}),
            "lookup": ([*hub, "lookup", folder, "shape=heart"], {}),
            "verify": ([*hub, "verify", folder], {}),
            "completion": (hub, {"_FACTORHUB_COMPLETE": "bash_complete", "COMP_WORDS": "factorhub generate ds", "COMP_CWORD": "2"}),
        }
        print(f"\nprocessor time of commands that render nothing; bound {QUICK:.1f} s")
        for label, (words, environment) in commands.items():
            best = min(took(words, **environment)[1] for _ in range(3))
            print(f"  {label:16}{best:6.2f} s  {best / QUICK:5.2f} of the bound", flush=True)
        print(f"\nwall time of first runs, no machine code kept; bound {FIRST:.0f} s      preview    generate    generate again")
        for name in names or CATALOG:
            with tempfile.TemporaryDirectory() as kept:
                preview, _ = took([*hub, "preview", name, "--out", f"{kept}/sheet.png"], NUMBA_CACHE_DIR=f"{kept}/one")
                write = [*hub, "generate", name, "--rows", "2000", "--out"]
                first, again = (took([*write, f"{kept}/{place}"], NUMBA_CACHE_DIR=f"{kept}/two")[0] for place in "ab")
            worst = max(preview, first)
            over = f"  {worst / FIRST:.1f} of the bound" if worst > FIRST else ""
            print(f"  {name:50}{preview:8.1f} s{first:10.1f} s{again:16.1f} s{over}", flush=True)


if __name__ == "__main__":
    main()
