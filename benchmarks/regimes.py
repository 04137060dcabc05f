"""How fast do regimes draw factors, and what part of the rendering is that?

    python benchmarks/regimes.py [--repeats 15]

For every regime, on dSprites' factors and one thread: rows/s, points/s (a pair is two points, a sequence one for each
frame), and the time to draw as a share of the time to render as many 64×64 sprites; beside it, as context, of sprites in
colour with smooth edges, and of rooms in perspective. Times are the best of several repeats of processor time, since another
process on the core would count otherwise. A regime that draws less than a million rows/s, or costs more than a tenth of
rendering a sprite, says why, and what the random words and scores that define it cost alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numba
import numpy as np

import factorhub
from factorhub import randomness
from factorhub.factors import Array
from factorhub.regimes import from_text, to_text

ROWS = 8192
PICTURES: dict[str, dict[str, object]] = {"dsprites": {}, "color_dsprites": {"antialias": True}, "shapes3d": {}}
FEW = {"dsprites": ROWS, "color_dsprites": ROWS, "shapes3d": 1024}  # pictures rendered at once
CHAIN = "mechanism(scale, [shape], [0.8], noise=0.6), mechanism(posX, [scale], [0.8], noise=0.6), mechanism(posY, [posX], [0.9])"
MODEL = f"causal(mechanisms=[{CHAIN}])"
FULL = f"causal(mechanisms=[{CHAIN}, mechanism(orientation, [posY, scale], [0.5, 0.5])])"
MEMBERS = "where('shape == heart | scale > 0.8', grid)"
RIDGE = "correlated(pairs=[[shape, scale]])"
REGIMES = {
    "grid": "",
    "uniform": "",
    "uniform(on_grid=true)": "",
    "where('shape == heart & scale > 0.6', grid)": "",
    "where('shape == heart & scale > 0.6')": "",
    f"where('posX > 0.5', {RIDGE})": "draws again until a row fits: here twice for each row kept",
    "where('posX > 0.5', pairs(k=2))": "draws again until both members fit: about four pairs for each row kept",
    "correlated(pairs=[[shape, scale]], sigma=0.1, on_grid=true)": "",
    "correlated(pairs=[[shape, scale]], sigma=0.1)": "",
    "correlated(pairs=[[posX, posY]], inverse=[[scale, orientation]], sigma=0.2)": "ridges off the grid draw again",
    "correlated(confounder=shape, sigma=0.2, on_grid=true)": "five conditional draws for each row",
    "copula(correlations=[[scale, posX, 0.8]])": "two normal scores and back for each row",
    MODEL: "three normal scores for each row",
    f"counterfactual(model={MODEL}, interventions=[[do(scale)], [do(posX, 0.5)]])": "two worlds of normal scores for each row",
    "linear_scm": "five factors of normal scores, in six environments apart",
    f"environments(regimes=[{MODEL}, causal(mechanisms=[{CHAIN}], do=[do(posX)])])": "each environment apart, then put together",
    "shell(box=[[posX, 0.3, 0.6], [posY, 0.3, 0.6]], away_max=0.1)": "two draws for each row, and three records",
    "pairs(k=2)": "two draws for each row, and two records",
    "pairs(k=2, mode=at_most, inner=grid)": "",
    "pairs(k=2, mode=dlib)": "two draws and a coin for each row, and two records",
    "pairs(mode=laplace, inner=grid)": "a random step of random sign and length for every factor of every row",
    f"pairs(inner={MEMBERS})": "weighs all that the region allows, for each row",
    "radius(radius=0.1)": "two draws for each row, of which the second folds at the ends",
    "perturbation(delta=0.1)": "compares what can be seen before and after",
    "walk(steps=8)": "",
    "sequence(steps=8, motion=sweep, static=[scale])": "three factors folded at the ends, in each of eight frames",
    "traversal(orientation, 8)": "",
    f"temporal(mechanisms=[{CHAIN}], steps=8)": "a row is eight frames of normal scores",
    "labels(fraction=0.1, noise=0.1)": "",
    "tasks(tasks=16, reads=2)": "sixteen answers for each row",
    "tasks(tasks=16, reads=2, head=logistic)": "sixteen random answers for each row",
}
# What a row of those above a tenth needs at least by what it is defined as: blocks of four random words, normal scores of
# chances and back, logistic functions, look-ups in a table at a random place, rows of uniform and members of a region. Their own cost, each
# in a compiled loop that does nothing else, says how much is left to gain.
NORMAL = {"block": 2, "probit": 3, "cdf": 3}  # five words; scale, posX and posY have noise, the roots take their words as they are
LEAST: dict[str, dict[str, float]] = {
    f"where('posX > 0.5', {RIDGE})": {"block": 4, "look-up": 4},  # two draws, each of six words and a look-up for each of a pair
    "where('posX > 0.5', pairs(k=2))": {"uniform": 4, "block": 4},  # four pairs
    # tries: 1 / (mean of the ridge's mass over the most, 0.851)^2
    "correlated(pairs=[[posX, posY]], inverse=[[scale, orientation]], sigma=0.2)": {"block": 2.76, "probit": 2.76, "cdf": 5.52},
    "correlated(confounder=shape, sigma=0.2, on_grid=true)": {"block": 2, "look-up": 5},
    MODEL: NORMAL,
    f"counterfactual(model={MODEL}, interventions=[[do(scale)], [do(posX, 0.5)]])": {"block": 4, "probit": 3.5, "cdf": 4.5},
    "linear_scm": {"block": 3, "probit": 5, "cdf": 5},  # every factor has noise; which of six is a word too
    f"environments(regimes=[{MODEL}, causal(mechanisms=[{CHAIN}], do=[do(posX)])])": {"block": 3, "probit": 3, "cdf": 2.5},
    "shell(box=[[posX, 0.3, 0.6], [posY, 0.3, 0.6]], away_max=0.1)": {"uniform": 1, "block": 1},
    "pairs(mode=laplace, inner=grid)": {"block": 3, "look-up": 8},  # eleven words; four factors, two powers each
    f"pairs(inner={MEMBERS})": {"member": 1, "block": 1},
    "perturbation(delta=0.1)": {"uniform": 1, "block": 1, "look-up": 1},
    f"temporal(mechanisms=[{CHAIN}], steps=8)": {"uniform": 1, "block": 21, "probit": 28, "cdf": 28},  # seven times
    "tasks(tasks=16, reads=2)": {"uniform": 1},
    "tasks(tasks=16, reads=2, head=logistic)": {"uniform": 1, "block": 4, "logistic": 16},
}


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def look_up(u: Array, table: Array, found: Array) -> None:
    """Fill `found` (n,) with what stands in `table` at the places `u` (n,) in [0, 1)."""
    for i in range(u.size):
        found[i] = table[np.int64(u[i] * table.size)]


def costs(seconds: Callable[[Callable[[], object]], float], drawing: Callable[[str], Callable[[], object]]) -> dict[str, float]:
    """The time of each of the parts [s]; `seconds` is that of a call for each row."""
    from factorhub.philox import philox
    from factorhub.regimes.answers import chances
    from factorhub.regimes.normal import cdfs, probits

    rows, n = np.arange(ROWS, dtype=np.uint64), ROWS
    key, words = randomness.key(0, "benchmark"), np.empty((n, 4), dtype=np.uint64)
    u = randomness.uniforms(0, "benchmark", rows, 1)[:, 0]
    z, table = u.copy(), np.linspace(0.0, 1.0, 1024)
    return {
        "block": seconds(lambda: philox(key, rows, 1, words)),
        "probit": seconds(lambda: probits(u, z)),
        "cdf": seconds(lambda: cdfs(z)),
        "logistic": seconds(lambda: chances(z, 1.0)),
        "look-up": seconds(lambda: look_up(u, table, z)),
        "uniform": seconds(drawing("uniform")),
        "member": seconds(drawing(MEMBERS)),
    }


def best(repeats: int, function: Callable[[], object]) -> float:
    """The least processor time of several calls one after another."""
    function()
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    asked = parser.parse_args()
    pictures = {name: factorhub.generator(name, **options) for name, options in PICTURES.items()}
    space, rows = pictures["dsprites"].space, np.arange(ROWS)

    np.empty(1 << 24, dtype=np.uint8)  # freed, so that memory is reused from here on, as it is where blocks of pictures are made

    points = {name: from_text("uniform").draw(made.space, 0, rows[: FEW[name]]).values for name, made in pictures.items()}

    def rendering(name: str) -> float:
        return best(3, lambda: pictures[name].render(points[name], check=False)) / FEW[name]

    def seconds(draw: Callable[[], object]) -> float:
        return best(asked.repeats, draw) / ROWS

    def drawing(text: str) -> Callable[[], object]:
        regime = from_text(text)
        return lambda: regime.draw(space, 0, rows)

    each = {name: rendering(name) for name in pictures}
    parts, found = costs(seconds, drawing), []
    for text in REGIMES:
        several = from_text(text).draw(space, 0, rows).values[0, ..., 0].size
        found.append((text, several, seconds(drawing(text))))
        for name in pictures:  # in between, since the machine's pace changes; the quickest is compared with
            each[name] = min(each[name], rendering(name))
    plain, colour, solid = each.values()
    print(f"rendering 64×64 on one thread: a sprite {plain * 1e9:.0f} ns, so a tenth is {plain * 1e8:.0f} ns;", end=" ")
    print(f"an anti-aliased one in colour {colour * 1e9:,.0f} ns; shapes3d {solid * 1e9:,.0f} ns")
    print("parts alone [ns]: " + ", ".join(f"{name} {took * 1e9:.1f}" for name, took in parts.items()) + "\n")
    print("                          share of rendering a")
    print(f"{'rows/s':>11} {'points/s':>11} {'sprite':>7} {'colour':>6} {'3d':>5}  regime")
    within = million = proven = 0
    for text, several, took in found:
        name, share = to_text(from_text(text)), took / (plain * several)
        within, million = within + (share <= 0.1), million + (took <= 1e-6)
        slow = f"  <- {REGIMES[text]}" if took > 1e-6 or share > 0.1 else ""
        if slow and text in LEAST:
            least = sum(count * parts[part] for part, count in LEAST[text].items()) / (plain * several)
            proven += least > 0.1
            slow += f"; {' + '.join(f'{count:g} {part}' for part, count in LEAST[text].items())} alone: {least:.1%}"
        others = f"{took / (colour * several):6.1%} {took / (solid * several):5.1%}"
        print(f"{1 / took:11,.0f} {several / took:11,.0f} {share:7.1%} {others}  {name[:70]}{slow}")
    print(f"\n{within} of {len(found)} cost up to a tenth of rendering a sprite, {million} draw a million rows/s;", end=" ")
    print(f"of the other {len(found) - within}, {proven} have parts that alone cost more than a tenth")


if __name__ == "__main__":
    main()
