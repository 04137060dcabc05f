"""How fast is a set generated, against opening a download, stock HDF5, drawing alone, and the machine's limits?

    python benchmarks/generate.py [--cache DIR] [--part PART]...

Wall time, everything in one run, the best of four tries; read the ratios, absolute rates drift with
the machine. Sets are written whole: rendered, digested, encoded, flushed to disk. "stock" is h5py's own gzip filter at
level 4 over the same columns, chunks and rows. The npz in dSprites' published layout is made once, in --cache.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
import h5py
import numpy as np
from melodies import score_by_score
from render_peers import opencv, pillow
from timing import seconds

import factorhub
from factorhub.build import plan
from factorhub.build.rendered import Sampled
from factorhub.storage.manifest import Plan
from factorhub.storage.writer import cores, write

Batch = dict[str, np.ndarray]
DRAWN = 8192  # sprites, so many that no processor learns by heart how its branches go


class Held:
    """Rows that lie ready in memory, so that writing alone is measured."""

    def __init__(self, source: Sampled) -> None:
        self.columns, self.batch = source.columns, source.read(np.arange(len(source)))

    def __len__(self) -> int:
        return len(self.batch["index"])

    def read(self, rows: np.ndarray, columns: Sequence[str] | None = None) -> Batch:
        """A view of consecutive rows."""
        here = slice(int(rows[0]), int(rows[-1]) + 1)
        return {name: self.batch[name][here] for name in columns or self.batch}


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def stock(path: Path, planned: Plan, rows: Callable[[int, int], Batch]) -> None:
    """The same columns in the same chunks through h5py's own pipeline, as one would write them by hand."""
    with h5py.File(path, "w") as file:
        for column in planned.columns:
            chunk = (min(planned.layouts[column.name].chunk_rows, len(planned)), *column.shape)
            file.create_dataset(
                column.name, (len(planned), *column.shape), column.dtype, chunks=chunk, compression="gzip", compression_opts=4
            )
        for start in range(0, len(planned), 4096):
            for name, part in rows(start, min(start + 4096, len(planned))).items():
                file[name][start : start + len(part)] = part
        file.flush()
        os.fsync(file.id.get_vfd_handle())


def against_stock(place: Path, name: str, rows: int) -> None:
    recipe = factorhub.recipe(name, rows=rows)
    source = recipe.source()
    planned = plan(source, recipe)
    held = Held(source)
    size = sum(part.nbytes for part in held.batch.values())

    def ours(rows_of: Any) -> float:
        return seconds(lambda: write(rows_of, planned, fresh(place / "ours")))

    def theirs(rows_of: Any) -> float:
        return seconds(lambda: stock(place / "stock.h5", planned, lambda a, b: rows_of.read(np.arange(a, b))))

    ready, ready_stock, whole, whole_stock = ours(held), theirs(held), ours(source), theirs(source)
    files, observations = sizes(place)
    print(f"\n{name}, {rows:,} rows ({size / rows:,.0f} bytes each)")
    print(
        f"  written from memory    {rows / ready:12,.0f} rows/s, {ready_stock / ready:5.1f} x stock; "
        f"files {files:.2f} x stock's, their observations {observations:.2f} x"
    )
    print(f"  rendered and written   {rows / whole:12,.0f} rows/s, {whole_stock / whole:5.1f} x stock, which renders as fast")
    limits(place, source, held, planned, whole)


def sizes(place: Path) -> tuple[float, float]:
    """Bytes of the whole files, and of their observations, as ratios to stock's. (Codes are stored raw, by decision 3.)"""
    store = factorhub.open(place / "ours")
    observed = [column.name for column in store.columns if column.role == "observation"]
    shards = [store.shard(number) for number in range(len(store.plan.shards))]
    bytes_of = sum(sum(shard.chunks[name].sizes) for shard in shards for name in observed)
    with h5py.File(place / "stock.h5") as file:
        theirs = sum(file[name].id.get_storage_size() for name in observed)
    return store.manifest.bytes / (place / "stock.h5").stat().st_size, bytes_of / theirs


def limits(place: Path, source: Sampled, held: Held, planned: Plan, whole: float) -> None:
    """Each stage alone on all cores, as a share of the time for the whole."""
    rows = len(source)
    observed = [column.name for column in planned.columns if column.role == "observation"]
    blocks = [np.arange(start, min(start + 512, rows)) for start in range(0, rows, 512)]

    def encode(block: np.ndarray) -> None:
        for name in planned.layouts:
            layout, part = planned.layouts[name], held.batch[name][block[0] : block[-1] + 1]
            for first in range(0, len(part), layout.chunk_rows):
                layout.codec.encode(part[first : first + layout.chunk_rows])

    stored = (place / "ours" / planned.shards[0].path).read_bytes()

    def disk() -> None:
        for shard in planned.shards:
            with (place / "disk").open("wb") as file:
                file.write(stored)
                os.fsync(file.fileno())
            del shard

    with ThreadPoolExecutor(cores()) as pool:
        stages = {
            "render": seconds(lambda: list(pool.map(lambda block: source.read(block, observed), blocks))),
            "encode": seconds(lambda: list(pool.map(encode, blocks))),
            "disk": seconds(disk),
        }
    shares = ", ".join(f"{stage} alone {taken / whole:.0%}" for stage, taken in stages.items())
    print(f"  of that time: {shares}; {max(stages, key=lambda stage: stages[stage])} bounds")


def published_npz(cache: Path) -> Path:
    """The whole grid in dSprites' published layout, compressed as the published file is."""
    path = cache / "dsprites.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        made = factorhub.generator("dsprites")
        codes = made.space.codes(np.arange(len(made.space)))
        values = made.space.values(codes)
        images = np.concatenate([made.render(values[i : i + 8192])["image"] for i in range(0, len(values), 8192)])
        np.savez_compressed(path, imgs=images, latents_classes=codes, latents_values=values)
    return path


def opened(path: Path) -> float:
    """Seconds until all arrays of an npz are in memory, in a process of its own."""
    code = (
        f"import time, numpy as np; start = time.perf_counter(); file = np.load({str(path)!r}); "
        f"held = [file[name] for name in file.files]; print(time.perf_counter() - start)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def grid(place: Path, cache: Path) -> None:
    made = factorhub.generator("dsprites")
    factorhub.generate("dsprites", fresh(place / "warm"), rows=1000)
    taken = seconds(lambda: factorhub.generate("dsprites", fresh(place / "set")))
    rows = len(made.space)
    print(f"\nthe whole dSprites grid, {rows:,} images: {taken:.2f} s, {rows / taken:,.0f} rows/s")
    path = published_npz(cache)
    path.read_bytes()  # into the page cache: the disk is not the question
    load = min(opened(path) for _ in range(2))
    print(f"  np.load of the same in the published layout: {load:.2f} s; generating takes 1/{load / taken:.1f} of it")

    def typed() -> None:
        out = fresh(place / "set")  # a finished set of the same recipe would be kept as it is
        subprocess.run(
            [sys.executable, "-m", "factorhub", "generate", "dsprites", "--out", str(out)], check=True, capture_output=True
        )

    command = seconds(typed)
    print(f"  as a command, its start included: {command:.2f} s, {command / load:.2f} of np.load's time")
    try:
        single, batched, calls = opencv(64, DRAWN, (255,), True)
        ways = {
            "OpenCV, anti-aliased": (single, DRAWN),
            "OpenCV, vertices of 256 at once by numpy": (batched, DRAWN),
            "OpenCV, vertices held ready": (calls, DRAWN),
            "Pillow, 4 × 4 samples": (pillow(64, 256, "L", 4), 256),
        }
    except ImportError as error:
        print(f"  drawing alone is left out: {error}")
        return
    for label, (draw, images) in ways.items():
        alone = images / seconds(draw, 5)
        print(f"  drawing alone by {label}: {alone:,.0f} images/s; generating is {rows / taken / alone:.1f} x that")


def melodies(place: Path) -> None:
    made = factorhub.generator("dmelodies")
    factorhub.generate("dmelodies", fresh(place / "warm"), rows=1000)
    taken = seconds(lambda: factorhub.generate("dmelodies", fresh(place / "set")))
    rows = len(made.space)
    codes = made.space.codes(np.linspace(0, rows - 1, 300).astype(np.int64))
    scores = len(codes) / seconds(lambda: score_by_score(codes))
    print(f"\nthe whole dMelodies grid, {rows:,} melodies: {taken:.2f} s, {rows / taken:,.0f} rows/s")
    print(f"  a music21 score for each: {scores:,.0f} melodies/s; generating is {rows / taken / scores:,.0f} x that")


LONG: dict[str, dict[str, Any]] = {
    "dsprites": {"rows": 737_280, "workers": 7},
    "dsprites, walks of 1,000 steps": {"regime": "walk(steps=1000)", "rows": 200},
    "dsprites of 512 pixels": {"size": 512, "rows": 2000},
    "moving_sprites, videos of 49 MB": {"frames": 1000, "size": 128, "rows": 20},
    "pendulum, 20,000 steps": {"steps": 20_000, "rows": 400},
    "dmelodies": {"regime": "uniform", "rows": 20_000_000},
}


def memory(place: Path) -> None:
    """Peak memory of a process that generates, set by set, and then of long ones."""
    print("\npeak memory of a generating process")
    cases: dict[str, dict[str, Any]] = {}
    for name in factorhub.generators():
        size = factorhub.generator(name).space.grid_size
        cases[name] = {"rows": min(size, 40_000) if size else 4096}
    for name, settings in [*cases.items(), *LONG.items()]:
        folder = str(fresh(place / "set"))
        code = (
            f"import factorhub; factorhub.generate({name.partition(',')[0].split()[0]!r}, {folder!r}, **{settings!r}); "
            f"print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"  # rusage counts the parent's too
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        print(f"  {name:32s} {int(done.stdout) / 1024:6,.0f} MB for {settings['rows']:,} rows", flush=True)


def against_stocks(place: Path) -> None:
    many = {"dsprites": 131_072, "color_dsprites": 98_304, "tetrominoes": 131_072, "shapes3d": 20_480, "dmelodies": 1_048_576}
    for name, rows in many.items():
        against_stock(place, name, rows)


PARTS: dict[str, Callable[[Path, Path], None]] = {
    "grid": grid,
    "melodies": lambda place, _: melodies(place),
    "stock": lambda place, _: against_stocks(place),
    "memory": lambda place, _: memory(place),
}


@click.command(help=__doc__)
@click.option("--cache", default="", help="Where the npz is kept; a temporary folder by default.")
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="What to measure; everything by default.")
def main(cache: str, parts: tuple[str, ...]) -> None:
    place = Path(tempfile.mkdtemp())
    print(f"{cores()} cores")
    try:
        for part in parts or PARTS:
            PARTS[part](place, Path(cache or place))
    finally:
        shutil.rmtree(place)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory of this process, which also held the rows of the comparisons: {held:,.0f} MB")


if __name__ == "__main__":
    main()
