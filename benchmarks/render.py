"""How fast are scenes drawn, against the ways people draw them, and how does the time grow with pixels and objects?

    python benchmarks/render.py                 # all but the last
    python benchmarks/render.py sprites objects rooms things causal sizes
    python benchmarks/render.py grid            # the whole grid of 3D Shapes, written and verified in a temporary folder

Every way gets the same random factor values, in batches, and gives each batch in one array. Processor time of one
process that runs one thread, the best of several rounds, except for `grid`: read the ratios, absolute rates drift with
the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import render_peers as peers

import factorhub
from factorhub.storage.verify import verify

ROWS, FEW = 8192, 256  # many rows, so that no processor learns by heart how its branches go
PLAIN, SMOOTH = "binary", "anti-aliased"


def microseconds(work: peers.Work, rows: int, rounds: int = 7) -> float:
    """The least time per picture."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time_ns()
        work()
        best = min(best, time.process_time_ns() - start)
    return best / rows / 1000


def ours(name: str, rows: int = ROWS, fixed: dict[str, float] | None = None, rounds: int = 7, **options: object) -> float:
    """Microseconds per picture of a generator, on random rows in which some factors are fixed."""
    generator = factorhub.generator(name, **options)
    values = peers.values_of(generator, rows)
    for factor, value in (fixed or {}).items():
        values[:, generator.space.index(factor)] = value
    parts = peers.batches(values, int(str(options.get("size", 64))))

    def draw() -> None:
        for part in parts:
            generator.render(part, check=False)

    return microseconds(draw, rows, rounds)


def theirs(name: str, make: Callable[[], peers.Work], rows: int, rounds: int = 3) -> float | None:
    """Microseconds per picture of a peer, or None if it is not there; says so either way."""
    try:
        took = microseconds(make(), rows, rounds)
    except Exception as error:  # a package or a driver may be missing in many ways
        print(f"  {name} is left out: {type(error).__name__}: {error}")
        return None
    line(name, took)
    return took


def line(name: str, took: float, *ratios: str) -> None:
    print("  ".join([f"  {name:56} {took:9.2f} µs {1e6 / took:11,.0f}/s", *ratios]))


def sprites() -> None:
    print("sprites, 64 px, one core: time per picture, pictures per second")
    parts = ("one by one", "batches, vertices by numpy", "fillPoly alone")
    opencv: dict[str, list[float]] = {}
    for how in (PLAIN, SMOOTH):
        for kind, color in (("grey", peers.WHITE), ("RGB", peers.COLOR)):
            works = peers.opencv(64, ROWS, color, how == SMOOTH)
            opencv[f"{kind}, {how}"] = [microseconds(work, ROWS) for work in works]
            for part, took in zip(parts, opencv[f"{kind}, {how}"], strict=True):
                line(f"OpenCV, {kind}, {how}: {part}", took)
    pillow = theirs("Pillow, grey, binary", lambda: peers.pillow(64, FEW, "L", 1), FEW)
    samples = theirs("Pillow, RGB, 4 × 4 samples", lambda: peers.pillow(64, FEW, "RGB", 4), FEW)
    idsprites = theirs("idsprites, RGB floats, binary", lambda: peers.idsprites(64, FEW), FEW)
    ratios = []
    for name, look, options, others in (
        ("dsprites", "grey, binary", {}, {"Pillow": pillow, "idsprites": idsprites}),
        ("dsprites", "grey, anti-aliased", {"antialias": True}, {}),
        ("color_dsprites", "RGB, binary", {}, {"idsprites": idsprites}),
        ("color_dsprites", "RGB, anti-aliased", {"antialias": True}, {"Pillow": samples}),
    ):
        took = ours(name, **options)
        line(f"{name}, {look}", took)
        against = "".join(f"{other / took:12.1f} ×" for other in opencv[look])
        ratios.append(f"  {name + ', ' + look:34}{against}   " + ", ".join(f"{t / took:.0f} × {n}" for n, t in others.items() if t))
    for name, options in (("abstract_dsprites", {}), ("noisy_dsprites", {}), ("textured_dsprites", {}), ("infinite_sprites", {})):
        line(name, ours(name, 2048, **options))
    line("moving_sprites, per frame of 16", ours("moving_sprites", ROWS // 16) / 16)
    print("times as fast as OpenCV on the same sprites: " + " · ".join(parts))
    print("\n".join(ratios))


def objects() -> None:
    print("several objects with instance map and table, one core: time per picture, pictures per second")
    rows = 128
    pillow = theirs("Pillow, picture and map only, 1 to 5 sprites", lambda: peers.sprites_by_pillow(rows), rows, 5)
    for options in ({}, {"amodal": True}, {"variant": "binarized"}, {"overlap": 0.0}, {"antialias": True}):
        took = ours("multi_dsprites", 2048, **options)
        line(f"multi_dsprites {options or ''}", took, f"{pillow / took:5.1f} × Pillow" if pillow else "")
    pillow = theirs("Pillow, picture and map only, three pieces, 35 px", lambda: peers.pieces_by_pillow(rows), rows, 5)
    took = ours("tetrominoes", 2048)
    line("tetrominoes, places included", took, f"{pillow / took:5.1f} × Pillow" if pillow else "")


def rooms() -> None:
    print("rooms with shadows, 64 px, one core: time per picture, pictures per second")
    rows = 16
    found = {
        "MuJoCo": theirs("MuJoCo, one box, OpenGL", lambda: peers.mujoco(rows), rows),
        "PyBullet": theirs("PyBullet, one box, software renderer", lambda: peers.pybullet(rows), rows),
    }
    for name, options in (("shapes3d", {}), ("shapes3d", {"mask": True, "depth": True}), ("objects_room", {})):
        took = ours(name, 1024, **options)
        line(f"{name} {options or ''}", took, *(f"{other / took:5.0f} × {peer}" for peer, other in found.items() if other))


def things() -> None:
    print("things and people, 64 px, one core: time per picture (of videos per frame), pictures per second")
    rows = 16
    found = {
        "MuJoCo": theirs("MuJoCo, one box, OpenGL", lambda: peers.mujoco(rows), rows),
        "PyBullet": theirs("PyBullet, one box, software renderer", lambda: peers.pybullet(rows), rows),
    }
    for name in ("robot_arm", "turntable", "heads"):
        took = ours(name, 2048)
        line(name, took, *(f"{other / took:5.1f} × {peer}" for peer, other in found.items() if other))
    for name, peer, options, many in (
        ("figures", "18 capsules by Pillow, RGB, 4 × 4 samples", {"frames": 8}, 8),
        ("glyphs", "strokes of digits by Pillow, RGB, 4 × 4 samples", {}, 1),
    ):
        other = theirs(peer, lambda name=name: (peers.glyphs_by_pillow if name == "glyphs" else peers.capsules_by_pillow)(FEW), FEW)
        took = ours(name, ROWS // many, **options) / many
        line(f"{name} {options or ''}", took, f"{other / took:5.0f} × Pillow" if other else "")
    for name in ("shapes3d", "robot_arm", "heads"):
        whole, worse = ours(name, 1024), ours("degraded", 1024, of=name)
        line(f"degraded of={name}", worse, f"{worse / whole:5.2f} × {name}'s time")


def causal() -> None:
    print("causal scenes, 96 px, one core: time per picture, pictures per second")
    matplotlib = theirs("matplotlib, the pendulum as published", lambda: peers.pendulum_by_matplotlib(20), 20)
    for name in ("causal_pendulum", "causal_flow"):
        took = ours(name, 1024)
        line(name, took, f"{matplotlib / took:5.0f} × matplotlib" if matplotlib else "")


SIZED: dict[str, dict[str, object]] = {
    "dsprites": {}, "color_dsprites": {"antialias": True}, "textured_dsprites": {}, "infinite_sprites": {}, "multi_dsprites": {},
    "shapes3d": {}, "objects_room": {}, "causal_pendulum": {},
}  # fmt: skip


def sizes() -> None:
    print("time per picture [µs] by its side [px], and per pixel [ns]")
    print(f"  {'':34}" + "".join(f"{size:>17}" for size in (32, 64, 128, 256, 512)))
    for name, options in SIZED.items():
        cells = []
        for size in (32, 64, 128, 256, 512):
            took = ours(name, max(16, min(2048, 2**24 // size**2)), rounds=5, size=size, **options)
            cells.append(f"{took:9.2f} ({1000 * took / size**2:5.2f})")
        print(f"  {name + (' antialias=true' if options else ''):34}" + " ".join(cells))
    print("time per picture [µs] by the number of objects, 64 px")
    for name, most in (("multi_dsprites", 9), ("objects_room", 8)):
        counts = (1, 2, 4, 8)
        took = [ours(name, 1024, fixed={"count": count}, max_objects=most) for count in counts]
        print(f"  {name:34}" + "   ".join(f"{count}: {each:6.2f}" for count, each in zip(counts, took, strict=True)))


def grid() -> None:
    folder = Path(tempfile.mkdtemp(prefix="render-"))
    try:
        start = time.perf_counter()
        factorhub.generate("shapes3d", folder / "warm", rows=256)  # compiles, once and for all
        compiled = time.perf_counter()
        store = factorhub.generate("shapes3d", folder / "set")
        took = time.perf_counter() - compiled
        stored = sum(path.stat().st_size for path in (folder / "set").rglob("*") if path.is_file())
        print(
            f"shapes3d, the whole grid, {os.cpu_count()} cores, digests and labels included (first use: {compiled - start:.1f} s)"
        )
        print(
            f"  {len(store):,} pictures of 64 × 64 × 3 in {took:.1f} s, {len(store) / took:,.0f}/s, {stored / 1e9:.2f} GB on disk"
        )
        start = time.perf_counter()
        report = verify(folder / "set")
        print(f"  verified in {time.perf_counter() - start:.1f} s: {'as written' if report.ok else report}")
    finally:
        shutil.rmtree(folder)


PARTS = {
    "sprites": sprites, "objects": objects, "rooms": rooms, "things": things, "causal": causal, "sizes": sizes, "grid": grid,
}  # fmt: skip

if __name__ == "__main__":
    for part in sys.argv[1:] or [name for name in PARTS if name != "grid"]:
        PARTS[part]()
        print()
