"""How fast are questions about the ground truth of a stored set?

    python benchmarks/lookup.py [--repeats 5] [--seconds 1]

On the whole grid of dMelodies (1.35 million rows), permuted and in natural order, and on as many draws with repetition
from it. Equality of one factor, of several and of all, and ranges, against a NumPy mask over the factor columns in memory;
equality also against `datasets.filter` over the same columns. A row's codes against an index into a NumPy matrix. Times
are medians of processor time of calls on an open set whose index has been built; what building costs is printed. The bounds:
equality at least 10 times the mask on a grid and 3 times elsewhere, 100 times `datasets.filter`; ranges no slower than
the mask; a row at most 3 times the NumPy index. Answers for one value of one factor are kept once they were found; *first*
is what finding one takes. An answer that differs from the mask's ends the run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

import factorhub
from factorhub.lookup import Store
from factorhub.lookup.label_index import MOST_KEPT

SETS = {"permuted grid": {}, "natural grid": {"order": "natural"}, "draws on the grid": {"regime": "uniform(on_grid=true)"}}
ROWS = 1_354_752
QUERIES = {
    "one factor": {"rhythm_bar1": 5},
    "one factor, of few values": {"octave": 1},
    "one factor, three values": {"tonic": [0, 4, 7]},
    "three factors": {"tonic": 3, "octave": 1, "rhythm_bar1": 5},
    "all factors": None,
}
SLOWLY = ("one factor", "all factors")
REGIONS = ("octave > 5", "octave >= 5 & tonic == C", "tonic == C | ~(octave between 5 and 6)")


def median(function: Callable[[], object], repeats: int, seconds: float) -> float:
    """The median processor time of a call, over at least `repeats` of them and until `seconds` have passed."""
    function()
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < repeats or (time.perf_counter() - began < seconds and len(times) < 10_000):
        start = time.process_time_ns()
        function()
        times.append((time.process_time_ns() - start) / 1e9)
    return float(np.median(times))


def masked(columns: Mapping[str, np.ndarray], wanted: Mapping[str, Any]) -> np.ndarray:
    parts = [np.isin(columns[n], c) if isinstance(c, list) else columns[n] == c for n, c in wanted.items()]
    return np.flatnonzero(reduce(np.logical_and, parts))


def afresh(store: Store, wanted: Mapping[str, Any]) -> np.ndarray:
    """The rows of a query whose answer is not kept."""
    store.truth._labels._answers.clear()
    store.truth._labels._room = MOST_KEPT
    return store.lookup(wanted, by="code")


def region_masks(columns: Mapping[str, np.ndarray], store: Store) -> list[Callable[[], np.ndarray]]:
    """What a person would write over code columns for each of `REGIONS`."""
    octave, tonic = columns["octave"], columns["tonic"]
    five, c = int(store.space["octave"].nearest(5)), store.space["tonic"].code("C")
    return [
        lambda: np.flatnonzero(octave > five),
        lambda: np.flatnonzero((octave >= five) & (tonic == c)),
        lambda: np.flatnonzero((tonic == c) | ~((octave >= five) & (octave <= five + 1))),
    ]


def filtered(columns: Mapping[str, np.ndarray]) -> Callable[[Mapping[str, Any]], float] | None:
    """Seconds that `datasets.filter` takes for a query, batched, over NumPy columns: the quickest way it offers."""
    try:
        import datasets
    except ImportError:
        print("datasets is not installed, so datasets.filter is left out")
        return None
    datasets.disable_progress_bars()
    datasets.disable_caching()
    rows = datasets.Dataset.from_dict(dict(columns)).with_format("numpy")

    def ask(wanted: Mapping[str, Any]) -> float:
        def keep(batch: Mapping[str, np.ndarray]) -> np.ndarray:
            parts = [np.isin(batch[name], code) for name, code in wanted.items()]
            return reduce(np.logical_and, parts)

        start = time.process_time()
        found = rows.filter(keep, batched=True, batch_size=10_000)
        seconds = time.process_time() - start
        assert len(found) == len(masked(columns, wanted))
        return seconds

    return ask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    asked = parser.parse_args()

    def timed(function: Callable[[], object]) -> float:
        return median(function, asked.repeats, asked.seconds)

    with tempfile.TemporaryDirectory() as folder:
        for name, how in SETS.items():
            store = factorhub.generate("dmelodies", Path(folder) / name.replace(" ", "-"), rows=ROWS, **how)
            columns = store.read(slice(None), store.space.names)
            peer = filtered(columns)
            store.lookup({"octave": 1}, by="code")  # compiled
            again = factorhub.open(store.folder)
            start = time.process_time()
            again.lookup({"rhythm_bar1": 5}, by="code")
            asked_first, start = time.process_time() - start, time.process_time()
            for factor in store.space.names:
                again.truth._labels._index(factor)
            built = asked_first + time.process_time() - start
            bits = sum(index.nbytes for index in again.truth._labels._bits.values()) / 1e6
            print(f"\n{name}: {len(store):,} rows, {store.manifest.bytes / 1e6:.0f} MB on disk")
            print(f"the first question to a newly opened set: {asked_first * 1e3:.1f} ms")
            print(f"the index of all factors: {built * 1e3:.0f} ms, {bits:.0f} MB in memory")
            heads = f"{'lookup':>10} {'mask':>9} {'ratio':>7} {'datasets.filter':>16} {'ratio':>8}"
            print(f"{'equality':26} {'rows':>8} {'first':>9} {heads}")
            codes = store.codes()
            for title, wanted in QUERIES.items():
                query = wanted or dict(zip(store.space.names, codes[len(store) // 2].tolist(), strict=True))
                found = store.lookup(query, by="code")
                assert np.array_equal(found, masked(columns, query)), title
                ours = timed(lambda query=query: store.lookup(query, by="code"))
                first = timed(lambda query=query: afresh(store, query))
                mask = timed(lambda query=query: masked(columns, query))
                line = f"{title:26} {len(found):8,} {first * 1e6:6.0f} µs {ours * 1e6:7.1f} µs {mask * 1e6:6.0f} µs"
                line += f" {mask / ours:6.1f}×"
                theirs = peer(query) if peer and title in SLOWLY else None  # seconds each, whatever the query
                print(line + (f" {theirs * 1e3:13.0f} ms {theirs / ours:7.0f}×" if theirs else ""))
            print(f"{'region':40} {'rows':>8} {'where':>10} {'mask':>10} {'ratio':>8}")
            for text, by_hand in zip(REGIONS, region_masks(columns, store), strict=True):
                found = store.where(text)
                assert np.array_equal(found, by_hand()), text
                ours, mask = timed(lambda text=text: store.where(text)), timed(by_hand)
                print(f"{text:40} {len(found):8,} {ours * 1e6:7.1f} µs {mask * 1e6:7.0f} µs {mask / ours:7.1f}×")
            rows = np.random.default_rng(0).integers(0, len(store), 1000).tolist()
            ours, plain = timed(lambda: [store.codes(row) for row in rows]), timed(lambda: [codes[row] for row in rows])
            print(f"a row: codes(i) {ours * 1e6:.0f} ns, a NumPy index {plain * 1e6:.0f} ns, {ours / plain:.2f} times that")
            last = store.space.names[-1]
            row = store.factors(7)
            for what, call in {
                f"pairs_differing_in({last!r})": lambda: store.pairs_differing_in(last),
                f"pairs_differing_in({last!r}, 1000)": lambda: store.pairs_differing_in(last, 1000),
                "traverse(7, 'rhythm_bar1')": lambda: store.traverse(7, "rhythm_bar1"),
                "nearest(all factors, 10)": lambda: store.nearest(row, 10),
                "nearest(one factor, 10)": lambda: store.nearest({"octave": 5}, 10),
            }.items():
                print(f"{what:36} {timed(call) * 1e3:9.3f} ms")


if __name__ == "__main__":
    main()
