"""Interventional Pong: two paddles follow a ball, and at random steps one of the five causal variables is set by force."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from factorhub.dynamics import noise as noise_of
from factorhub.dynamics.motion import Float, Motion, Options
from factorhub.dynamics.solver.solve import relative
from factorhub.dynamics.video import Scene
from factorhub.errors import InputError
from factorhub.factors import Array, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator

RADIUS, HALF, MARGIN = 0.04, 0.12, 0.06  # of the ball, of a paddle's height, and the paddles' distance from the ends
VARIABLES = ("ball_x", "ball_y", "ball_angle", "paddle_left", "paddle_right")
COMPONENTS = (
    ("ball_x", ""), ("ball_y", ""), ("ball_angle", "rad"), ("paddle_left", ""), ("paddle_right", ""), ("score_left", ""),
    ("score_right", ""),
)  # fmt: skip


def draws(seeds: Array, steps: int, chance: float, single: bool) -> tuple[Array, Array]:
    """Uniform numbers (n, T, 9) and intervention targets (n, T, 5) of seeds (n,); a longer game begins like a shorter one."""
    uniform = noise_of.uniforms(seeds, 14 * steps, "interventional_pong").reshape(-1, steps, 14)
    if single:  # one of the five, evenly, as often as independent draws would set any
        none = (1 - chance) ** len(VARIABLES)
        share = (uniform[..., 9] - none) / max(1 - none, 1e-300) * len(VARIABLES)
        targets = (share[..., None] >= 0) & (np.floor(share)[..., None] == np.arange(len(VARIABLES)))
    else:
        targets = uniform[..., 9:] < chance
    targets[:, 0] = False
    return np.ascontiguousarray(uniform[..., :9]), targets.astype(np.uint8)


def interventional_pong(
    *,
    chance: float = 0.15,
    single: bool = True,
    noise: float = 0.02,
    steps: int = 100,
    dt: float = 0.05,
    dtype: Float = "float32",
    video: int = 0,
    trail: int = 0,
) -> Generator:
    """The generator of Pong with interventions: at each step one variable is a target, or none.

    None is with the chance that five draws of `chance` all miss, (1 - chance)⁵, as in the published code; each of the
    five as often as the others. Where not `single`, each is a target by itself, and several may be set at once.
    `target` (T, 5) says which variables were set on the way to each step. `noise` is the paddles' error in following the
    ball; both, the values that are set and new balls come from the factor `seed`.
    """
    for name, value in (("chance", chance), ("noise", noise)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} of interventional_pong is 0 to 1; got {value}")
    court = np.array([RADIUS, HALF, MARGIN, noise])

    def move(values: Array, steps: int, dt: float, unit: float) -> Array:
        from factorhub.dynamics.kernels.collisions import rally

        uniform, targets = draws(values[:, 0], steps, chance, single)
        out = np.empty((len(values), steps, len(COMPONENTS)))
        starts, speeds = np.ascontiguousarray(values[:, 1:6]), np.ascontiguousarray(values[:, 6:8])
        rally(starts, speeds, uniform, targets, court, dt, unit, out)
        return out

    def scene(states: Array, values: Array) -> Scene:
        ball = states[..., None, :2] - 0.5
        ends = []
        for side, x in ((3, MARGIN - 0.5), (4, 0.5 - MARGIN)):
            for end in (-HALF, HALF):
                y = states[..., side] - 0.5 + end
                ends.append(np.stack([np.full_like(y, x), y], axis=-1))
        points = np.concatenate([np.stack(ends, axis=2), ball], axis=2)
        return Scene(points, np.array([0.0, 0.0, 0.0, 0.0, RADIUS]), ((0, 1), (2, 3)), view=0.5, width=0.02)

    motion = Motion(
        name="interventional_pong",
        summary="Pong with single variables set by force at random steps: states, targets, frames",
        source="after Lippe et al.: CITRIS (ICML 2022), Interventional Pong",
        factors=(
            noise_of.seed("seed", "of targets, values set, new balls and the paddles' noise"),
            continuous("ball_x_0", 0.3, 0.7, description="the ball's place to the right at time 0, in sides of the court"),
            continuous("ball_y_0", 0.2, 0.8, description="the ball's place upwards at time 0"),
            continuous(
                "ball_angle_0", -math.pi / 3, math.pi / 3, unit="rad", description="its direction at time 0; 0 is to the right"
            ),
            continuous("paddle_left_0", 0.2, 0.8, description="height of the left paddle's middle at time 0"),
            continuous("paddle_right_0", 0.2, 0.8, description="height of the right paddle's middle at time 0"),
            continuous("ball_speed", 0.5, 1.5, description="sides of the court per time"),
            continuous("paddle_speed", 0.2, 1.0, description="at most, in sides of the court per time"),
        ),
        components=COMPONENTS,
        solve=lambda values, steps, dt: (move(values, steps, dt, 1.0), values),
        scene=scene,
        panels=((0, 1, 3, 4), (2,), (5, 6)),
        notes=(
            "the ball goes at ball_speed along ball_angle, turns at the walls and at paddles that it meets, and scores at the ends",
            "each step a paddle moves to the ball's height plus noise U(-1, 1), by at most paddle_speed dt",
            "then what `target` names is set: ball_y and paddles even over their room, ball_angle within 60° of the axis",
        ),
        quality=lambda values, steps, dt: {"error": relative(move(values, steps, dt, 1.0), move(values, steps, dt, 3.0))},
    )
    base = motion.generator(Options(steps, dt, dtype, video=video, trail=trail))
    about = {"components": list(VARIABLES)}
    target = Field("target", "uint8", (steps, 5), ("time", "variable"), description="1 where a variable was set", meta=about)

    def draw(values: Array) -> Batch:
        return {**base.draw(values), "target": draws(values[:, 0], steps, chance, single)[1]}

    return replace(base, fields=(*base.fields[:2], target, *base.fields[2:]), draw=draw, version=2)
