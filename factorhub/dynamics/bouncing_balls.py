"""Bouncing balls: discs of different mass in a box, elastic, each collision's time solved and not stepped over."""

from __future__ import annotations

import numpy as np

from factorhub.dynamics import gravity
from factorhub.dynamics.motion import Motion
from factorhub.dynamics.solver.solve import TRUSTED, named, relative
from factorhub.dynamics.system import trajectories
from factorhub.dynamics.video import Scene
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, continuous
from factorhub.fields import Batch

RADIUS = 0.07  # of a ball of mass 1, in sides of the box; areas are in proportion to masses
HEAVIEST = 1.5
MOST = 100_000  # collisions of one row


def factors(balls: int) -> tuple[Factor, ...]:
    """Gravity, and each ball's mass, place and velocity; every ball starts in its own quarter of the box, touching none."""
    made = [continuous("gravity", 0.0, 1.0, description="pull downwards, in sides of the box per time²")]
    edge = RADIUS * HEAVIEST**0.5 + 0.005
    for i in range(balls):
        left, bottom = 0.5 * (i % 2), 0.5 * (i // 2)
        made += [
            continuous(f"mass{i}", 0.5, HEAVIEST, description=f"of ball {i}; its area is in proportion"),
            continuous(
                f"x{i}_0",
                left + edge,
                left + 0.5 - edge,
                description=f"place of ball {i} to the right at time 0, in sides of the box",
            ),
            continuous(
                f"y{i}_0",
                bottom + edge,
                bottom + 0.5 - edge,
                description=f"place of ball {i} upwards at time 0, in sides of the box",
            ),
            continuous(f"vx{i}_0", -0.7, 0.7, description=f"velocity of ball {i} to the right at time 0"),
            continuous(f"vy{i}_0", -0.7, 0.7, description=f"velocity of ball {i} upwards at time 0"),
        ]
    return tuple(made)


@trajectories(steps=100, dt=0.05)
def bouncing_balls(*, balls: int = 3) -> Motion:
    """The generator of 1 to 4 `balls` in a unit box; every row is solved twice, since collisions amplify errors."""
    if not 1 <= balls <= 4:
        raise InputError(f"balls is 1 to 4, each starting in its own quarter of the box; got {balls}")
    columns = 1 + 5 * np.arange(balls)

    def move(values: Array, steps: int, dt: float, unit: float) -> Array:
        from factorhub.dynamics.kernels.collisions import bounce

        places = values[:, (columns[:, None] + [1, 2]).reshape(-1)]
        starts = np.concatenate([places, values[:, (columns[:, None] + [3, 4]).reshape(-1)]], axis=1)
        masses = np.ascontiguousarray(values[:, columns])
        out = np.empty((len(values), steps, 4 * balls))
        collisions = bounce(starts, RADIUS * np.sqrt(masses), masses, values[:, 0].copy(), dt, unit, MOST, out)
        if (collisions > MOST).any():
            row = int(np.flatnonzero(collisions > MOST)[0])
            place = f"bouncing_balls at {named(made, values[row])}"
            raise InputError(f"{place} collides more than {MOST} times in {steps} steps; take fewer steps or a smaller dt")
        return out

    def solve(values: Array, steps: int, dt: float) -> tuple[Array, Array]:
        found = move(values, steps, dt, 1.0)
        apart = relative(move(values, steps, dt, 3.0), found)
        if not (apart <= TRUSTED).all():
            row = int(np.flatnonzero(~(apart <= TRUSTED))[0])
            wrong = f"two solutions differ by {apart[row]:.1g} of the state, where {TRUSTED:.1g} is allowed"
            raise InputError(f"bouncing_balls at {named(made, values[row])} cannot be solved: {wrong}; take fewer steps")
        return found, values

    def rates(states: Array, values: Array, dt: float) -> Array:
        pull = np.zeros_like(states[..., 2 * balls :])
        pull[..., 1::2] = -values[:, :1, None]
        return np.concatenate([states[..., 2 * balls :], pull], axis=-1)

    def scene(states: Array, values: Array) -> Scene:
        n, steps, _ = states.shape
        corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
        discs = states[..., : 2 * balls].reshape(n, steps, balls, 2) - 0.5
        points = np.concatenate([np.broadcast_to(corners, (n, steps, 4, 2)), discs], axis=2)
        radii = np.concatenate([np.zeros((n, 4)), RADIUS * np.sqrt(values[:, columns])], axis=1)
        return Scene(points, radii, ((0, 1), (1, 2), (2, 3), (3, 0)), view=0.5)

    def quality(values: Array, steps: int, dt: float) -> Batch:
        states = move(values, steps, dt, 1.0)
        total = energy(states, values)
        return {
            "error": relative(states, move(values, steps, dt, 3.0)),
            "drift_energy": np.abs(total - total[:, :1]).max(axis=1) / np.maximum(total[:, 0], 1e-300),
        }

    made = factors(balls)
    return Motion(
        name="bouncing_balls",
        summary="discs that bounce off one another and the walls of a box, by their masses, starts and gravity",
        source="Sutskever, Hinton, Taylor: Recurrent Temporal RBM (NIPS 2008), with masses and gravity",
        factors=made,
        components=gravity.components(balls),
        solve=solve,
        rates=rates,
        scene=scene,
        notes=(
            "(x_i, y_i)' = (vx_i, vy_i), (vx_i, vy_i)' = (0, -gravity) between collisions",
            "balls of radius 0.07 √mass_i keep energy and momentum when they meet; walls turn a velocity round",
        ),
        planes=gravity.planes(balls),
        quality=quality,
    )


def energy(states: Array, values: Array) -> Array:
    """Kinetic energy and height times weight (n, T) of states (n, T, 4 b) at factor values (n, 1 + 5 b)."""
    balls = states.shape[-1] // 4
    masses = values[:, None, 1::5][..., :balls]
    squares = (states[..., 2 * balls :] ** 2).reshape(*states.shape[:2], balls, 2).sum(axis=-1)
    total: Array = (masses * (squares / 2 + values[:, :1, None] * states[..., 1 : 2 * balls : 2])).sum(axis=-1)
    return total
