"""How fast are the scores, and do known codes score what was measured of them where that takes longer than a test may?

    python benchmarks/metrics.py [--calibrate] [--rows 10000]

On one core, processor time, medians of repeated calls. The bounds: a table of mutual information at least 100 times as fast as a
loop over scikit-learn's `mutual_info_score` on the same classes; the basic panel (six codes of nine factors, N = 10,000, D = 10)
under a second; DCI by LightGBM at least 8 times as fast as by scikit-learn's trees, and within 0.02 of it on rotated codes; time
that grows linearly with N. With `--calibrate`, which takes about half an hour: the estimators of DCI, explicitness by capacity,
and the interval of fresh draws against the jackknife, beside the values that were measured independently.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
from sklearn.metrics import mutual_info_score

import factorhub
from factorhub import metrics
from factorhub.metrics.discretise import binned
from factorhub.metrics.information import REFERENCE, information
from factorhub.metrics.inputs import sample

CODES = ("ideal", "noise 5 %", "pad", "duplicated", "rotated", "noise")
# D and C of DCI at 1,000 rows of the factors of dSprites; of explicitness by capacity at 3,000, down to 0 and as published
DCI = {
    ("gbt", "ideal"): (1.000, 1.000), ("gbt", "pad"): (0.998, 0.995), ("gbt", "rotated"): (0.125, 0.099),
    ("lightgbm", "ideal"): (1.000, 1.000), ("lightgbm", "pad"): (0.998, 0.997), ("lightgbm", "rotated"): (0.120, 0.094),
    ("regressor", "ideal"): (1.000, 1.000), ("regressor", "pad"): (1.000, 1.000), ("regressor", "rotated"): (0.422, 0.323),
}  # fmt: skip
DCI_ES = {
    "ideal": (0.856, 0.853), "pad": (0.859, 0.815), "duplicated": (0.939, 0.885),
    "rotated": (0.315, 0.949), "noise": (0.004, 0.997),
}  # fmt: skip
FRESH = {"rotated": (0.0015, 0.0013), "noise 5 %": (0.0008, 0.0014)}  # of MIG in 20 bins: sd of fresh draws, jackknife


def median(function: Callable[[], object], repeats: int = 9) -> float:
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        function()
        times.append((time.process_time_ns() - start) / 1e9)
    return float(np.median(times))


def drawn(name: str, rows: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(0, size, rows) for size in factorhub.generator(name).space.sizes if size > 1])


def panel(factors: np.ndarray, seed: int = 1) -> dict[str, np.ndarray]:
    """Six codes of factors (N, K), of 10 dimensions or more where they are padded."""
    rng = np.random.default_rng(seed)
    unit = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    pad = np.column_stack([unit, rng.normal(size=(len(unit), max(10 - unit.shape[1], 0)))])
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(pad.shape[1],) * 2))[0]
    noisy, noise = unit + 0.05 * rng.normal(size=unit.shape), rng.normal(size=pad.shape)
    return dict(zip(CODES, (factors.astype(float), noisy, pad, np.repeat(unit, 2, axis=1), pad @ turn, noise), strict=True))


def fresh() -> None:
    """Forget the samples that were kept, so that a call is a first one."""
    from factorhub.metrics import sample as module

    module._recent.clear()


def tables(rows: int) -> None:
    rng = np.random.default_rng(0)
    factors = drawn("dsprites", rows)
    codes = np.column_stack([factors @ rng.normal(size=(5, 10)) + rng.normal(size=(rows, 10))])
    classes = np.column_stack([binned(column, exact=0).of for column in codes.T])

    def loop() -> np.ndarray:
        return np.array([[mutual_info_score(a, b) for b in factors.T] for a in classes.T])

    def ours() -> np.ndarray:
        given.tables.clear()
        return information(given, REFERENCE).mutual

    for compiled in (False, True):
        if compiled:
            import numba  # noqa: F401 (once it is loaded, tables are counted by a compiled loop)
        fresh()
        given = sample(classes, factors)
        kept = tuple(binned(column) for column in classes.T)
        given.__dict__["code_classes"] = lambda *_, kept=kept: kept
        apart = np.abs(ours() - loop()).max()
        theirs, mine = median(loop, 5), median(ours, 51)
        how = "compiled" if compiled else "by NumPy"
        print(f"mutual information of classes, D 10, K 5, {how:9} {mine * 1e3:7.2f} ms, a loop of mutual_info_score", end=" ")
        print(f"{theirs * 1e3:7.1f} ms: {theirs / mine:6.0f} ×; they differ by {apart:.0e}")

    def whole() -> None:
        fresh()
        information(sample(codes, factors), REFERENCE)

    print(f"the same from raw codes and factors, checked and put into bins: {median(whole) * 1e3:.2f} ms")


def basic(rows: int) -> None:
    factors = drawn("dmelodies", rows)
    names = [name for name in metrics.names() if metrics.metric(name).tier == "basic"]
    codes = panel(factors)
    took = dict.fromkeys(names, 0.0)
    for code in codes.values():
        fresh()
        for name in names:
            start = time.process_time()
            metrics.metric(name)(code, factors)
            took[name] += time.process_time() - start
    each = ", ".join(f"{name} {seconds * 1e3:.0f}" for name, seconds in took.items())
    print(f"the basic panel, {len(codes)} codes of 9 factors, N {rows:,}: {sum(took.values()):.2f} s of one core ({each} ms)")


def growth() -> None:
    print("time by N, D 10, K 9: ", end="")
    for name in ("mig", "dci", "mcc", "r2", "irs"):
        times = []
        for rows in (20_000, 80_000):
            factors = drawn("dmelodies", rows)
            code = panel(factors)["rotated"]

            def call(name: str = name, code: np.ndarray = code, factors: np.ndarray = factors) -> None:
                fresh()
                metrics.metric(name)(code, factors)

            times.append(median(call, 5))
        print(f"{name} {times[0] * 1e3:.0f} to {times[1] * 1e3:.0f} ms, {times[1] / times[0] / 4:.2f} of linear", end="; ")
    print()


def trees() -> None:
    factors = drawn("shapes3d", 1500)
    codes = panel(factors)
    for name in ("rotated", "ideal"):
        scores, took = {}, {}
        for estimator in ("lightgbm", "gbt"):
            start = time.process_time()
            scores[estimator] = metrics.dci(codes[name], factors, estimator=estimator, train=1000)
            took[estimator] = time.process_time() - start
        fast, slow = scores["lightgbm"], scores["gbt"]
        d, c = abs(fast - slow), abs(fast.parts["completeness"] - slow.parts["completeness"])
        ratio = took["gbt"] / took["lightgbm"]
        print(
            f"DCI of {name} 3D Shapes, 1,000 rows fitted: LightGBM {took['lightgbm']:.1f} s, scikit-learn {took['gbt']:.1f} s",
            end="",
        )
        print(f": {ratio:.0f} ×; D {fast:.3f} and {slow:.3f}, apart by {d:.3f}, C by {c:.3f}")


def calibrated() -> Iterator[tuple[str, float, float]]:
    """Lines of what was asked, what it is here, and what was measured."""
    factors = drawn("dsprites", 1500)
    codes = panel(factors)
    for (estimator, code), (d, c) in DCI.items():
        score = metrics.dci(codes[code], factors, estimator=estimator, train=1000)
        yield f"DCI of dSprites, {code}, {estimator}: D", float(score), d
        yield f"DCI of dSprites, {code}, {estimator}: C", score.parts["completeness"], c
    factors = drawn("dsprites", 3000)
    for code, (zero, published) in DCI_ES.items():
        score = metrics.dci_es(panel(factors)[code], factors)
        yield f"DCI-ES of dSprites, {code}: down to 0", float(score), zero
        yield f"DCI-ES of dSprites, {code}: as published", score.parts["as published"], published
    for code, (sd, error) in FRESH.items():
        settings = {"exact": 0, "miller_madow": False, "floor": None}
        draws = []
        for seed in range(40):
            factors = drawn("dsprites", 10_000, seed)
            draws.append(float(metrics.mig(panel(factors, seed)[code], factors, **settings)))
        yield f"MIG of dSprites, {code}: sd of 40 fresh draws", float(np.std(draws)), sd
        factors = drawn("dsprites", 10_000)
        made = metrics.jackknife("mig", panel(factors)[code], factors, **settings)
        yield f"MIG of dSprites, {code}: jackknife", made.value, error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibrate", action="store_true", help="the slow tables too")
    parser.add_argument("--rows", type=int, default=10_000)
    asked = parser.parse_args()
    tables(asked.rows)
    basic(asked.rows)
    growth()
    trees()
    if asked.calibrate:
        print(f"\n{'':60} {'here':>8} {'measured':>9}")
        for what, here, measured in calibrated():
            print(f"{what:60} {here:8.4f} {measured:9.4f}", flush=True)


if __name__ == "__main__":
    main()
