"""How fast do regimes draw factors, and what part of the rendering is that?

    python benchmarks/regimes.py [--rows 8192] [--repeats 7]

For every regime, on dSprites' factors and one thread: rows/s, points/s (a pair is two points, a sequence one for each
frame), and the time to draw as a share of the time to render the same points as 64×64 sprites. Times are the best of
several repeats of processor time, since another process on the core would count otherwise. A regime that draws less than a
million rows/s, or costs more than a tenth of rendering, says why, and what the draws it is made of cost alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

import factorhub
from factorhub import randomness
from factorhub.regimes import from_text, to_text

CHAIN = "mechanism(scale, [shape], [0.8], noise=0.6), mechanism(posX, [scale], [0.8], noise=0.6), mechanism(posY, [posX], [0.9])"
MODEL = f"causal(mechanisms=[{CHAIN}])"
FULL = f"causal(mechanisms=[{CHAIN}, mechanism(orientation, [posY, scale], [0.5, 0.5])])"
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
    "pairs(inner=where('shape == heart | scale > 0.8', grid))": "weighs all that the region allows, for each row",
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
# What some consist of at least: so many draws of another regime. Their own cost says how much is left to gain.
PARTS = {
    f"where('posX > 0.5', {RIDGE})": (2, RIDGE),
    "where('posX > 0.5', pairs(k=2))": (4, "pairs(k=2)"),
    f"counterfactual(model={MODEL}, interventions=[[do(scale)], [do(posX, 0.5)]])": (2, MODEL),
    "linear_scm": (1, FULL),
    f"environments(regimes=[{MODEL}, causal(mechanisms=[{CHAIN}], do=[do(posX)])])": (1, MODEL),
    f"temporal(mechanisms=[{CHAIN}], steps=8)": (8, FULL),
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
    parser.add_argument("--rows", type=int, default=8192)
    parser.add_argument("--repeats", type=int, default=15)
    asked = parser.parse_args()
    sprites = factorhub.generator("dsprites")
    rows = np.arange(asked.rows)

    points = from_text("uniform").draw(sprites.space, 0, rows).values

    np.empty(1 << 24, dtype=np.uint8)  # freed, so that memory is reused from here on, as it is where blocks of pictures are made

    def rendering() -> float:
        return best(3, lambda: sprites.render(points, check=False)) / len(rows)

    def seconds(draw: Callable[[], object]) -> float:
        return best(asked.repeats, draw) / len(rows)

    def drawing(text: str) -> Callable[[], object]:
        regime = from_text(text)
        return lambda: regime.draw(sprites.space, 0, rows)

    words, renders, found = seconds(lambda: randomness.words(0, "benchmark", rows, 4)), [rendering()], []
    for text in REGIMES:
        several = from_text(text).draw(sprites.space, 0, rows).values[0, ..., 0].size
        times, part = PARTS.get(text, (0, "uniform"))
        found.append((text, several, seconds(drawing(text)), times * seconds(drawing(part)) if times else 0.0))
        renders.append(rendering())  # in between, since the machine's pace changes; the quickest is compared with
    each = min(renders)
    print(
        f"rendering a 64×64 sprite: {each * 1e9:.0f} ns, {1 / each:,.0f} pictures/s on one thread; a tenth is {each * 1e8:.0f} ns"
    )
    print(f"four random words: {words * 1e9:.1f} ns, {words / each:.1%} of rendering; rows need four to forty\n")
    print(f"{'rows/s':>12} {'points/s':>12} {'of rendering':>12}  regime")
    for text, several, took, parts in found:
        name, share = to_text(from_text(text)), took / (each * several)
        slow = f"  <- {REGIMES[text]}" if took > 1e-6 or share > 0.1 else ""
        if slow and parts:
            slow += f"; {PARTS[text][0]} × {to_text(from_text(PARTS[text][1]))[:11]}… alone: {parts / (each * several):.1%}"
        print(f"{1 / took:12,.0f} {several / took:12,.0f} {share:11.1%}   {name[:100]}{slow}")
    within = sum(took <= 0.1 * each * several for _, several, took, _ in found)
    million = sum(took <= 1e-6 for _, _, took, _ in found)
    print(f"\n{within} of {len(found)} cost up to a tenth of rendering, {million} draw a million rows/s")


if __name__ == "__main__":
    main()
