"""How fast do regimes draw factors, and what part of the rendering is that?

    python benchmarks/regimes.py [--repeats 7]

For every regime, on dSprites' factors and one thread: rows/s, points/s (a pair is two points, a sequence one for each
frame), and the time to draw as a share of the time to render as many 64×64 sprites, 1,024 at once; beside it of sprites in
colour with smooth edges, and of rooms in perspective. Rows are drawn 65,536 at once, a shard of sprites, as the factor columns
of a set are. The column `blocks` is the share where they are drawn 1,024 at once too, as in the blocks that sprites are
written in: a call costs 5 to 50 µs however few its rows.
Times are the least of several repeats of processor time, since another process on the core would count otherwise. A regime that
draws less than a million rows/s, or costs more than a tenth of rendering a sprite, says why.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

import factorhub
from factorhub.factors import Array
from factorhub.regimes import Regime, from_text, to_text

ROWS, BLOCK = 1 << 16, 1 << 10
PICTURES: dict[str, dict[str, object]] = {"dsprites": {}, "color_dsprites": {"antialias": True}, "shapes3d": {}}
BLOCKS = {"dsprites": 64, "color_dsprites": 64, "shapes3d": 4}  # of pictures, rendered one after the other
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
    "where('posX > 0.5', pairs(k=2))": "draws again until both members fit: 2.5 first members and 1.25 pairs for each row kept",
    "correlated(pairs=[[shape, scale]], sigma=0.1, on_grid=true)": "",
    "correlated(pairs=[[shape, scale]], sigma=0.1)": "",
    "correlated(pairs=[[posX, posY]], inverse=[[scale, orientation]], sigma=0.2)": "ridges off the grid draw again: 1.4 times, each with four chances of a normal number",
    "correlated(confounder=shape, sigma=0.2, on_grid=true)": "five conditional draws for each row",
    "copula(correlations=[[scale, posX, 0.8]])": "two normal scores and back for each row",
    MODEL: "three normal scores for each row",
    f"counterfactual(model={MODEL}, interventions=[[do(scale)], [do(posX, 0.5)]])": "two worlds of normal scores for each row",
    "linear_scm": "five factors of normal scores, told apart by six environments",
    f"environments(regimes=[{MODEL}, causal(mechanisms=[{CHAIN}], do=[do(posX)])])": "a draw of the environment, then three factors of normal scores",
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
    f"temporal(mechanisms=[{CHAIN}], steps=8)": "four factors of normal scores and back in each frame, and who is intervened on",
    "labels(fraction=0.1, noise=0.1)": "",
    "tasks(tasks=16, reads=2)": "sixteen answers for each row",
    "tasks(tasks=16, reads=2, head=logistic)": "sixteen random answers by logistic functions for each row",
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
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    pictures = {name: factorhub.generator(name, **options) for name, options in PICTURES.items()}
    space, rows = pictures["dsprites"].space, np.arange(ROWS)

    np.empty(31 << 20, dtype=np.uint8)  # freed, so that memory is reused from here on, as it is where a set is written

    def drawn(name: str, block: int) -> Array:
        return from_text("uniform").draw(pictures[name].space, 0, rows[block * BLOCK : (block + 1) * BLOCK]).values

    points = {name: [drawn(name, block) for block in range(count)] for name, count in BLOCKS.items()}

    def rendering(name: str, repeats: int = 1) -> float:
        def render() -> None:
            for block in points[name]:
                pictures[name].render(block, check=False)

        return best(repeats, render) / (BLOCK * BLOCKS[name])

    def drawing(regime: Regime, size: int) -> float:
        def draw() -> None:
            for start in range(0, ROWS, size):
                regime.draw(space, 0, rows[start : start + size])

        return best(asked.repeats, draw) / ROWS

    each = {name: rendering(name, 5) for name in pictures}
    found = []
    for text in REGIMES:
        regime = from_text(text)
        several = regime.draw(space, 0, rows[:1]).values[0, ..., 0].size
        found.append((text, several, drawing(regime, ROWS), drawing(regime, BLOCK)))
        for name in pictures:  # in between, since the machine's pace changes; the quickest is compared with
            each[name] = min(each[name], rendering(name))
    plain, colour, solid = each.values()
    print(f"rendering 64×64 on one thread: a sprite {plain * 1e9:.0f} ns, so a tenth is {plain * 1e8:.0f} ns;", end=" ")
    print(f"an anti-aliased one in colour {colour * 1e9:,.0f} ns; shapes3d {solid * 1e9:,.0f} ns\n")
    print("                          share of rendering a")
    print(f"{'rows/s':>11} {'points/s':>11} {'sprite':>7} {'blocks':>7} {'colour':>6} {'3d':>5}  regime")
    within = million = 0
    for text, several, took, blocks in found:
        name, share = to_text(from_text(text)), took / (plain * several)
        within, million = within + (share <= 0.1), million + (took <= 1e-6)
        slow = f"  <- {REGIMES[text]}" if took > 1e-6 or share > 0.1 else ""
        others = f"{blocks / (plain * several):7.1%} {took / (colour * several):6.1%} {took / (solid * several):5.1%}"
        print(f"{1 / took:11,.0f} {several / took:11,.0f} {share:7.1%} {others}  {name[:70]}{slow}")
    print(f"\n{within} of {len(found)} cost up to a tenth of rendering a sprite, {million} draw a million rows/s")


if __name__ == "__main__":
    main()
