"""How fast do shuffled batches come, against the ways people load them today, and how well are they mixed?

    python benchmarks/load.py                    # dSprites: peers, frameworks, natural order, mixing
    python benchmarks/load.py --data shapes3d    # another generator; also dmelodies, pendulum (1000 steps), …
    python benchmarks/load.py --only ram,ours    # some of the readers

Every reader gets the same rows, yields uint8 batches of 256 in a process of its own, and is measured several times in
turn; the median counts. "first" is the time from opening to the first batch, imports not counted, "RSS" the peak of
memory above what the imports took; rates count from the 18th batch on. Files are in the page cache. Absolute rates
drift with the machine: read the ratios.
Peers that are not installed are skipped; `pip install 'factorhub[bench]'` has them.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from load_peers import BATCH, PEERS

import factorhub
from factorhub.loaders import stream
from factorhub.loaders.epoch import Epoch
from factorhub.lookup import Store


def field_of(store: Store) -> str:
    """The largest observation, of trajectories the states: what a reader is asked for."""
    if any(column.name == "state" for column in store.columns):
        return "state"
    return max((column for column in store.columns if column.role == "observation"), key=lambda c: c.row_bytes).name


def read_numpy(store: Store, **options: Any) -> Iterator[Any]:
    field = field_of(store)
    return (batch[field] for batch in stream(store, BATCH, endless=True, **{"fields": [field], **options}))


def read_touched(store: Store) -> Iterator[Any]:
    """A reader that looks at every byte, as a copy to an accelerator does."""
    return (batch.copy() for batch in read_numpy(store))


def read_torch(store: Store) -> Iterator[Any]:
    from factorhub.loaders.torch import Stream

    field = field_of(store)
    return (batch[field] for batch in Stream(store, BATCH, endless=True, fields=[field]))


def read_jax(store: Store) -> Iterator[Any]:
    from factorhub.loaders.jax import Stream

    field = field_of(store)
    return (batch[field] for batch in Stream(store, BATCH, endless=True, fields=[field]))


def read_rendered(store: Store) -> Iterator[Any]:
    from factorhub.build.recipes import Recipe

    field = field_of(store)
    recipe = Recipe.from_dict({key: value for key, value in store.plan.recipe.items() if key != "source"})
    return (batch[field] for batch in stream(recipe, BATCH, endless=True, fields=[field]))


def read_stock(store: Store) -> Iterator[Any]:
    """Stock h5py over our own shards, in sequence, unshuffled."""
    import h5py

    field = field_of(store)
    while True:
        for shard in store.plan.shards:
            with h5py.File(store.folder / shard.path) as file:
                for start in range(0, len(shard), BATCH):
                    yield file[field][start : start + BATCH]


OURS: dict[str, tuple[str, Callable[[Store], Iterator[Any]]]] = {
    "ours": ("factorhub, numpy", read_numpy),
    "ours1": ("factorhub, one thread", lambda store: read_numpy(store, threads=1)),
    "all": ("factorhub, all columns", lambda store: read_numpy(store, fields=None)),
    "torch": ("factorhub, torch tensors", read_torch),
    "jax": ("factorhub, JAX arrays", read_jax),
    "natural": ("factorhub, set in grid order", read_numpy),
    "touched": ("factorhub, each batch copied by its reader", read_touched),
    "blocks": ('factorhub, shuffle="blocks"', lambda store: read_numpy(store, shuffle="blocks")),
    "full": ('factorhub, shuffle="full"', lambda store: read_numpy(store, shuffle="full")),
    "rendered": ("factorhub, rendered, no disk", read_rendered),
    "stock": ("stock h5py on our shards, in sequence", read_stock),
}
MODULES = {"torch": ("factorhub.loaders.torch",), "jax": ("factorhub.loaders.jax",), "stock": ("h5py",)}
ALWAYS = ("factorhub.build", "imagecodecs", "numba")


def memory() -> tuple[float, float]:
    """Resident memory of this process in megabytes: now, and at its peak."""
    about = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(about["VmRSS"].split()[0]) / 1e3, int(about["VmHWM"].split()[0]) / 1e3


def measure(name: str, folder: Path, seconds: float) -> dict[str, float]:
    """One reader in this process: rows a second, seconds to the first batch, megabytes above the imports."""
    warnings.simplefilter("ignore")
    for module in (*MODULES.get(name, ()), *ALWAYS) if name in OURS else PEERS[name].packages:
        importlib.import_module(module)
    before, _ = memory()
    start = time.perf_counter()
    batches = OURS[name][1](factorhub.open(folder)) if name in OURS else PEERS[name].read(folder)
    rows = len(next(batches))
    first = time.perf_counter() - start
    for _ in range(16):  # one window of ours; code that is loaded or compiled when first used is, by then
        next(batches)
    rows, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(8):
            rows += len(next(batches))
    rate = rows / (time.perf_counter() - start)
    return {"rate": rate, "first": first, "rss": memory()[1] - before}


def compare(names: list[str], folders: dict[str, Path], seconds: float, repeats: int) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            command = [sys.executable, __file__, "--measure", name, "--folder", str(folders[name]), "--seconds", str(seconds)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f"  {name} failed: {done.stderr.strip().splitlines()[-1]}")
            else:
                found[name].append(json.loads(done.stdout.strip().splitlines()[-1]))
    middle = {name: {key: statistics.median(one[key] for one in runs) for key in runs[0]} for name, runs in found.items() if runs}
    base = middle.get("ram", middle[next(iter(middle))])["rate"]
    ours = middle.get("ours", {"rate": float("nan")})["rate"]
    print(f"{'':44} {'rows/s':>12} {'to RAM':>7} {'ours is':>8} {'first':>9} {'RSS':>9}")
    for name, one in middle.items():
        title = OURS[name][0] if name in OURS else PEERS[name].title
        numbers = f"{one['rate']:12,.0f} {one['rate'] / base:7.3f} {ours / one['rate']:7.1f}x"
        print(f"{title:44} {numbers} {one['first'] * 1e3:6,.0f} ms {one['rss']:6,.0f} MB")


def mixing(stores: dict[str, Store]) -> None:
    """Distinct combinations of the slow factors in a batch, and how far rows travel, against a full permutation."""
    print(f"\n{'mixing':44} {'distinct':>12} {'to full':>7} {'largest':>8} {'travel':>9} {'neighbours':>11}")
    fixed = {"full permutation": np.random.default_rng(0).permutation(len(next(iter(stores.values()))))}
    for name, store in {"": next(iter(stores.values())), **stores}.items():
        # combinations of factors: the slowest ones on the grid with at most 1000 combinations, constant ones left out
        chosen: list[str] = []
        combinations = 1
        for factor in store.space:
            size = factor.size or 1
            if size > 1 and combinations * size <= 1000:
                combinations *= size
                chosen.append(factor.name)
        if not chosen:
            print("  no factors on a grid")
            return
        codes = [store[factor].reshape(len(store), -1)[:, 0].astype(np.int64) for factor in chosen]
        kinds = np.ravel_multi_index(codes, [store.space[factor].size or 1 for factor in chosen])
        made = stream(store, BATCH)
        rows = Epoch(len(store), 0, 0, True, made.grouping).rows(0, len(store)) if name else fixed["full permutation"]
        batches = np.sort(kinds[rows[: len(rows) // BATCH * BATCH]].reshape(-1, BATCH), axis=1)
        distinct = float((np.diff(batches, axis=1) != 0).sum(axis=1).mean() + 1)
        if not name:
            full = distinct
        largest = float(np.mean([np.bincount(batch).max() for batch in batches]) / BATCH)
        travel = float(np.abs(rows - np.arange(len(rows))).mean() / len(rows))
        near = np.sort(rows[: len(rows) // BATCH * BATCH].reshape(-1, BATCH) // made.grouping.block, axis=1)
        mates = float(BATCH / ((np.diff(near, axis=1) != 0).sum(axis=1) + 1).mean())
        title = f"{name or 'a full permutation'}, {' x '.join(chosen)}"
        print(f"{title:44.44} {distinct:12.1f} {distinct / full:7.3f} {largest:7.1%} {travel:9.3f} {mates:11.2f}")
    print("largest: share of a batch that its commonest combination has; travel: mean distance in shares of the set (a")
    print("permutation has 1/3); neighbours: rows of a batch from one block of the set, on average")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="dsprites", help="a generator")
    parser.add_argument("--rows", type=int, default=98_304)
    parser.add_argument("--only", default="", help="names of readers, with commas between")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.folder, asked.seconds)))
        return

    only = asked.only.split(",") if asked.only else [*PEERS, *OURS]
    options = {"steps": 1000} if asked.data in ("pendulum", "duffing", "van_der_pol", "lorenz") else {}
    with tempfile.TemporaryDirectory() as place:
        folders: dict[str, Path] = {}
        stores = {}
        for order in ("permuted", "natural"):
            recipe = factorhub.recipe(asked.data, rows=asked.rows, order=order, **options)
            if recipe.regime is not None and order == "natural" and "natural" not in only:
                continue
            stores[f"set in {order} order"] = factorhub.generate(recipe, Path(place) / order)
        folders = {name: Path(place) / ("natural" if name == "natural" else "permuted") for name in OURS}
        store = stores["set in permuted order"]
        field = field_of(store)
        column = store.plan.column(field)
        size = store.manifest.bytes / len(store)
        print(f"{asked.data}: {len(store):,} rows of {column.dtype} {column.shape}, {size:.0f} bytes a row on disk")
        written: dict[Callable[..., None], Path] = {}
        images = store[field]
        names = []
        for name in only:
            if name in PEERS:
                peer = PEERS[name]
                missing = [package for package in peer.packages if importlib.util.find_spec(package) is None]
                if missing or (column.dtype != "uint8" and name not in ("ram", "tensors")):
                    print(f"  skipped {peer.title}: {'not installed' if missing else 'this script stores uint8 only'}")
                    continue
                if peer.write not in written:
                    written[peer.write] = Path(place) / name
                    written[peer.write].mkdir()
                    try:
                        with warnings.catch_warnings(), open(os.devnull, "w") as nowhere:
                            warnings.simplefilter("ignore")
                            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                                peer.write(images, written[peer.write])
                    except Exception as error:  # a peer that cannot write must not end the comparison
                        print(f"  skipped {peer.title}: {' '.join(str(error).split())[:90]}")
                        continue
                folders[name] = written[peer.write]
            names.append(name)
        del images
        compare(names, folders, asked.seconds, asked.repeats)
        mixing(stores)


if __name__ == "__main__":
    main()
