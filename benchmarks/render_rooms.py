"""How fast are rooms drawn on one core, with shadows and all labels, against simulators that draw such a scene?

    python benchmarks/render_rooms.py

Processor time of one thread, best of several batches, all in one process: read the ratios, absolute rates drift with the
machine. The peers draw one box in a room of coloured walls with a lamp and its shadow, 64 px, recoloured and turned
before each picture: MuJoCo, which the published pictures were made with, by OpenGL (on a machine without a GPU that is
Mesa's software renderer; with one, the time of this thread says little), and PyBullet's own software renderer. Where no
rendering takes place, because a package or a driver is missing, that is said.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

import factorhub
from factorhub import randomness

Work = Callable[[], object]
WALLS = (((3.5, 0.05, 1), (0, 3.55, 1)), ((0.05, 3.5, 1), (3.55, 0, 1)), ((0.05, 3.5, 1), (-3.55, 0, 1)))  # half sizes, places


def rate(work: Work, rows: int, batches: int = 7) -> float:
    """The most rows per second of processor time, all threads of the process together."""
    work()
    best = float("inf")
    for _ in range(batches):
        start = time.process_time_ns()
        work()
        best = min(best, time.process_time_ns() - start)
    return 1e9 * rows / best


def ours(name: str, rows: int = 256, count: int = 0, **options: object) -> float:
    generator = factorhub.generator(name, **options)
    values = generator.space.from_unit(randomness.uniforms(0, "benchmark", np.arange(rows), len(generator.space.factors)))
    if count:
        values[:, generator.space.index("count")] = count
    return rate(lambda: generator.render(values, check=False), rows)


def mujoco() -> Work:
    os.environ.setdefault("MUJOCO_GL", "egl")
    import mujoco

    walls = "".join(
        f'<geom type="box" size="{" ".join(map(str, size))}" pos="{" ".join(map(str, place))}" rgba="0 .4 1 1"/>'
        for size, place in WALLS
    )
    model = mujoco.MjModel.from_xml_string(
        f"""<mujoco><visual><quality shadowsize="256"/></visual><worldbody>
        <light pos="-1.4 .45 7.2" dir="0 0 -1"/><geom type="plane" size="3.5 3.5 .1" rgba="1 0 0 1"/>{walls}
        <geom name="box" type="box" pos="0 0 .35" size=".35 .35 .35" rgba="0 1 0 1"/>
        <camera name="eye" pos="0 -2.5 .75" xyaxes="1 0 0 0 0 1" fovy="50"/></worldbody></mujoco>"""
    )
    data = mujoco.MjData(model)
    renderer = mujoco.Renderer(model, 64, 64)

    def draw() -> None:
        for i in range(16):
            angle = np.radians(-30 + 60 * i / 15)
            sine, cosine = np.sin(angle / 2), np.cos(angle / 2)
            model.geom("box").rgba[:3] = (0, i / 15, 1)
            model.camera("eye").pos[:] = (2.5 * np.sin(angle), -2.5 * np.cos(angle), 0.75)
            model.camera("eye").quat[:] = np.sqrt(0.5) * np.array([cosine, cosine, sine, sine])
            mujoco.mj_forward(model, data)
            renderer.update_scene(data, "eye")
            renderer.render()

    return draw


def pybullet() -> Work:
    import pybullet

    pybullet.connect(pybullet.DIRECT)

    def box(size: tuple[float, ...], place: tuple[float, ...], color: tuple[float, ...]) -> int:
        shape = pybullet.createVisualShape(pybullet.GEOM_BOX, halfExtents=size, rgbaColor=color)
        return int(pybullet.createMultiBody(0, -1, shape, place))

    box((3.5, 3.5, 0.05), (0, 0, -0.05), (1, 0, 0, 1))
    for size, place in WALLS:
        box(size, place, (0, 0.4, 1, 1))
    solid = box((0.35, 0.35, 0.35), (0, 0, 0.35), (0, 1, 0, 1))
    lens = pybullet.computeProjectionMatrixFOV(50, 1, 0.1, 20)

    def draw() -> None:
        for i in range(16):
            angle = np.radians(-30 + 60 * i / 15)
            pybullet.changeVisualShape(solid, -1, rgbaColor=(0, i / 15, 1, 1))
            eye = pybullet.computeViewMatrix((2.5 * np.sin(angle), -2.5 * np.cos(angle), 0.75), (0, 0, 0.75), (0, 0, 1))
            lamp = (-1.4, 0.45, 7.2)
            pybullet.getCameraImage(64, 64, eye, lens, lightDirection=lamp, shadow=1, renderer=pybullet.ER_TINY_RENDERER)

    return draw


def main() -> None:
    peers = {}
    for make in (mujoco, pybullet):
        try:
            peers[make.__name__] = rate(make(), 16, 3)
        except Exception as error:  # a driver may be missing in many ways
            print(f"{make.__name__} is left out: {type(error).__name__}: {error}")
    print(f"{'64 px':60} images/s" + "".join(f"   to {name} ({got:,.0f}/s)" for name, got in peers.items()))
    for name, options in (
        ("shapes3d", {}),
        ("shapes3d", {"mask": True, "depth": True}),
        ("objects_room", {}),
        ("objects_room", {"max_objects": 8}),
    ):
        got = ours(name, **options)
        label = " ".join([name, *(f"{key}={value}" for key, value in options.items())])
        print(f"  {label:58} {got:8,.0f}" + "".join(f"   {got / other:9,.0f} ×      " for other in peers.values()))

    print("\nshapes3d, time per image by size")
    for size in (32, 64, 128, 256, 512):
        got = ours("shapes3d", max(8, 2**20 // size**2), size=size)
        print(f"  {size:4} px {1e6 / got:8.1f} µs   {1e9 / got / size**2:6.2f} ns a pixel")
    print("\nobjects_room, 64 px, time per image by number of objects")
    for count in (1, 2, 4, 8):
        print(f"  {count:4} objects {1e6 / ours('objects_room', count=count, max_objects=8):6.1f} µs")


if __name__ == "__main__":
    main()
