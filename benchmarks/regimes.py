"""How fast do regimes draw factors, and what part of the rendering is that?

    python benchmarks/regimes.py [--rows 8192] [--repeats 7]

For every regime, on dSprites' factors and one thread: rows/s, points/s (a pair is two points, a sequence one for each
frame), and the time to draw as a share of the time to render the same points as 64×64 sprites. Times are the best of
several repeats of processor time, since another process on the core would count otherwise. A regime that draws less than a
million rows/s, or costs more than a tenth of rendering, says why.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

import factorhub
from factorhub.regimes import from_text, to_text

CHAIN = "mechanism(scale, [shape], [0.8], noise=0.6), mechanism(posX, [scale], [0.8], noise=0.6), mechanism(posY, [posX], [0.9])"
MODEL = f"causal(mechanisms=[{CHAIN}])"
REGIMES = {
    "grid": "",
    "uniform": "",
    "uniform(on_grid=true)": "",
    "where('shape == heart & scale > 0.6', grid)": "",
    "where('shape == heart & scale > 0.6')": "",
    "where('posX > 0.5', correlated(pairs=[[shape, scale]]))": "redraws until a row fits: here twice for each row kept",
    "where('posX > 0.5', pairs(k=2))": "redraws both members until they fit: about four pairs for each row kept",
    "correlated(pairs=[[shape, scale]], sigma=0.1, on_grid=true)": "",
    "correlated(pairs=[[shape, scale]], sigma=0.1)": "",
    "correlated(pairs=[[posX, posY]], inverse=[[scale, orientation]], sigma=0.2)": "ridges off the grid redraw",
    "correlated(confounder=shape, sigma=0.2, on_grid=true)": "five conditional draws for each row",
    "copula(correlations=[[scale, posX, 0.8]])": "",
    MODEL: "three normal scores for each row",
    f"counterfactual(model={MODEL}, interventions=[[do(scale)], [do(posX, 0.5)]])": "two worlds of normal scores for each row",
    "linear_scm": "five factors of normal scores, in six environments",
    f"environments(regimes=[{MODEL}, causal(mechanisms=[{CHAIN}], do=[do(posX)])])": "each environment apart, then put together",
    "shell(box=[[posX, 0.3, 0.6], [posY, 0.3, 0.6]], away_max=0.1)": "two draws for each row, and three records",
    "pairs(k=2)": "",
    "pairs(k=2, mode=at_most, inner=grid)": "",
    "pairs(k=2, mode=dlib)": "",
    "pairs(mode=laplace, inner=grid)": "a random step for every factor of every row",
    "pairs(inner=where('shape == heart | scale > 0.8', grid))": "weighs all that the region allows, for each row",
    "radius(radius=0.1)": "",
    "perturbation(delta=0.1)": "compares what can be seen before and after",
    "walk(steps=8)": "a row is eight frames",
    "sequence(steps=8, motion=sweep, static=[scale])": "a row is eight frames",
    "traversal(orientation, 8)": "a row is eight frames",
    f"temporal(mechanisms=[{CHAIN}], steps=8)": "a row is eight frames of normal scores",
    "labels(fraction=0.1, noise=0.1)": "a second set of random words for each row",
    "tasks(tasks=16, reads=2)": "sixteen answers for each row",
    "tasks(tasks=16, reads=2, head=logistic)": "sixteen random answers for each row",
}


def best(function: Callable[[], object], repeats: int) -> float:
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
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    sprites = factorhub.generator("dsprites")
    rows = np.arange(asked.rows)

    points = from_text("uniform").draw(sprites.space, 0, rows).values
    each = best(lambda: sprites.render(points, check=False), asked.repeats) / len(points)
    print(f"rendering a 64×64 sprite: {each * 1e9:.0f} ns, {1 / each:,.0f} pictures/s on one thread\n")
    print(f"{'rows/s':>12} {'points/s':>12} {'of rendering':>12}  regime")
    for text, why in REGIMES.items():
        regime = from_text(text)
        drawn = regime.draw(sprites.space, 0, rows)
        several = drawn.values[0, ..., 0].size
        seconds = best(lambda regime=regime: regime.draw(sprites.space, 0, rows), asked.repeats)
        share = seconds / (each * several * len(rows))
        name = to_text(regime)
        slow = f"  <- {why}" if len(rows) / seconds < 1e6 or share > 0.1 else ""
        print(f"{len(rows) / seconds:12,.0f} {several * len(rows) / seconds:12,.0f} {share:11.1%}   {name[:100]}{slow}")


if __name__ == "__main__":
    main()
