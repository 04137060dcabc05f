"""Motion between collisions, from one exact event to the next: balls in a box, and a ball between two paddles."""

from __future__ import annotations

import numpy as np

from factorhub.dynamics.solver.double_double import minus, over, plus, product, root, times
from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.trig import sincos

NEVER = (np.inf, 0.0)
NONE = (0.0, 0.0)


@compiled
def _pair(array: Array, i: int) -> tuple[float, float]:
    return array[i, 0], array[i, 1]


@compiled
def _to_wall(room: tuple[float, float], speed: tuple[float, float]) -> tuple[float, float]:
    """Time until a ball crosses `room` at a constant `speed` towards a wall."""
    return over(room, speed) if speed[0] > 0.0 else NEVER


@compiled
def _to_floor(height: tuple[float, float], rise: tuple[float, float], g: tuple[float, float]) -> tuple[float, float]:
    """Time until a ball at `height` that rises at `rise` falls to the floor under g, in forms that do not cancel."""
    if g[0] == 0.0:
        return over(height, (-rise[0], -rise[1])) if rise[0] < 0.0 else NEVER
    twice = (2.0 * g[0], 2.0 * g[1])
    speed = root(plus(times(rise, rise), times(twice, height)))
    if rise[0] >= 0.0:
        return over(plus(rise, speed), g)
    return over((2.0 * height[0], 2.0 * height[1]), minus(speed, rise))


@compiled
def _to_ceiling(room: tuple[float, float], rise: tuple[float, float], g: tuple[float, float]) -> tuple[float, float]:
    """Time until a ball that rises at `rise` crosses `room` upwards against g; never where it turns before."""
    if rise[0] <= 0.0:
        return NEVER
    square = minus(times(rise, rise), times((2.0 * g[0], 2.0 * g[1]), room))
    if square[0] < 0.0:
        return NEVER
    return over((2.0 * room[0], 2.0 * room[1]), plus(rise, root(square)))


@compiled
def _apart(x: Array, v: Array, i: int, j: int) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """|dp|², dp · dv and |dv|² of two balls."""
    px, py = minus(_pair(x, 2 * j), _pair(x, 2 * i)), minus(_pair(x, 2 * j + 1), _pair(x, 2 * i + 1))
    vx, vy = minus(_pair(v, 2 * j), _pair(v, 2 * i)), minus(_pair(v, 2 * j + 1), _pair(v, 2 * i + 1))
    return plus(times(px, px), times(py, py)), plus(times(px, vx), times(py, vy)), plus(times(vx, vx), times(vy, vy))


@compiled
def _to_touch(x: Array, v: Array, reach: tuple[float, float], i: int, j: int) -> tuple[float, float]:
    """Time until two balls touch; both fall alike, so their relative motion is straight."""
    square, closing, speed = _apart(x, v, i, j)
    if closing[0] >= 0.0:
        return NEVER
    gap = minus(square, times(reach, reach))
    inner = minus(times(closing, closing), times(speed, gap))
    if inner[0] < 0.0:
        return NEVER
    return over(gap, minus(root(inner), closing))


@compiled
def _fly(x: Array, v: Array, g: tuple[float, float], wait: tuple[float, float], to: Array, speeds: Array) -> None:
    """Move all balls by `wait`, from places x and velocities v (2 b, 2) to `to` and `speeds`."""
    fall = times(g, wait)
    drop = times(fall, (0.5 * wait[0], 0.5 * wait[1]))
    for c in range(x.shape[0]):
        place = plus(_pair(x, c), times(_pair(v, c), wait))
        speed = _pair(v, c)
        if c % 2 == 1:
            place = minus(place, drop)
            speed = minus(speed, fall)
        to[c, 0], to[c, 1] = place
        speeds[c, 0], speeds[c, 1] = speed


@compiled
def bounce(starts: Array, radii: Array, masses: Array, gravity: Array, dt: float, unit: float, most: int, out: Array) -> Array:
    """Fill `out` (n, T, 4 b) with places and velocities of balls in the unit box, in elastic collisions, at k·dt.

    Args:
        starts: (n, 4 b) places x0, y0, x1, … and velocities in the same order.
        radii, masses: (n, b).
        gravity: (n,) pull downwards.
        unit: lengths are computed in multiples of 1 / unit; another unit rounds everything otherwise.
        most: the largest number of collisions in a row.

    Returns:
        (n,) collisions of each row; more than `most` where it was given up.
    """
    count, length, width = out.shape
    balls = width // 4
    x, v = np.empty((2 * balls, 2)), np.empty((2 * balls, 2))
    there, then = np.empty((2 * balls, 2)), np.empty((2 * balls, 2))
    collisions = np.zeros(count, dtype=np.int64)
    for n in range(count):
        g = product(gravity[n], unit)
        for c in range(2 * balls):
            x[c, 0], x[c, 1] = product(starts[n, c], unit)
            v[c, 0], v[c, 1] = product(starts[n, 2 * balls + c], unit)
        now = NONE
        k = 0
        while k < length:
            wait, first, second = NEVER, -1, -1
            for i in range(balls):
                r = product(radii[n, i], unit)
                for c in (2 * i, 2 * i + 1):
                    place, speed = _pair(x, c), _pair(v, c)
                    room = minus((unit, 0.0), plus(place, r))
                    height = minus(place, r)
                    if c % 2 == 0:
                        up, down = _to_wall(room, speed), _to_wall(height, (-speed[0], -speed[1]))
                    else:
                        up, down = _to_ceiling(room, speed, g), _to_floor(height, speed, g)
                    earlier = up if up[0] < down[0] else down
                    if earlier[0] < wait[0]:
                        wait, first, second = earlier, c, -1
                for j in range(i):
                    touch = _to_touch(x, v, plus(r, product(radii[n, j], unit)), i, j)
                    if touch[0] < wait[0]:
                        wait, first, second = touch, i, j
            if wait[0] < 0.0:
                wait = NONE
            while k < length:
                ahead = minus((k * dt, 0.0), now)
                if ahead[0] > wait[0]:
                    break
                _fly(x, v, g, ahead, there, then)
                for c in range(2 * balls):
                    out[n, k, c], out[n, k, 2 * balls + c] = there[c, 0] / unit, then[c, 0] / unit
                k += 1
            if k == length:
                break
            _fly(x, v, g, wait, there, then)
            x[:], v[:] = there, then
            now = plus(now, wait)
            if second < 0:
                v[first, 0], v[first, 1] = -v[first, 0], -v[first, 1]
            else:
                square, closing, _ = _apart(x, v, first, second)
                whole = plus((masses[n, first], 0.0), (masses[n, second], 0.0))
                push = over((2.0 * closing[0], 2.0 * closing[1]), times(whole, square))
                for axis in range(2):
                    a, b = 2 * first + axis, 2 * second + axis
                    along = times(push, minus(_pair(x, b), _pair(x, a)))
                    v[a, 0], v[a, 1] = plus(_pair(v, a), times(along, (masses[n, second], 0.0)))
                    v[b, 0], v[b, 1] = minus(_pair(v, b), times(along, (masses[n, first], 0.0)))
            collisions[n] += 1
            if collisions[n] > most:
                break
    return collisions


@compiled
def rally(starts: Array, speeds: Array, draws: Array, targets: Array, court: Array, dt: float, unit: float, out: Array) -> None:
    """Fill `out` (n, T, 7) with a game of Pong at k·dt: ball x, y, angle, left and right paddle, left and right score.

    Args:
        starts: (n, 5) the first five at time 0.
        speeds: (n, 2) of the ball and of the paddles.
        draws: (n, T, 9) uniform numbers: steps of noise of the paddles (2), side and slant of a new ball (2), the values
            that interventions set (5).
        targets: (n, T, 5) which of the first five are set at each step, after the motion that leads to it.
        court: (4,) radius of the ball, half height of a paddle, distance of the paddles from the ends, size of the noise.
        unit: lengths are computed in multiples of 1 / unit; another unit rounds everything otherwise.
    """
    radius, half, margin, noise = court[0] * unit, court[1] * unit, court[2] * unit, court[3] * unit
    left, right, floor, ceiling = margin + radius, unit - margin - radius, radius, unit - radius
    for n in range(out.shape[0]):
        x, y, angle = starts[n, 0] * unit, starts[n, 1] * unit, starts[n, 2]
        paddles = np.array([starts[n, 3] * unit, starts[n, 4] * unit])
        scores = np.zeros(2)
        fast, quick = speeds[n, 0] * unit, speeds[n, 1] * unit * dt
        for k in range(out.shape[1]):
            if k > 0:
                before = paddles.copy()
                for side in range(2):
                    wish = y - before[side] + noise * (2.0 * draws[n, k, side] - 1.0)
                    moved = before[side] + min(max(wish, -quick), quick)
                    paddles[side] = min(max(moved, half), unit - half)
                rest = dt
                passed = x < left or x > right
                while rest > 0.0:
                    sine, cosine = sincos(angle)
                    vx, vy = fast * cosine, fast * sine
                    wait, event = rest, 0
                    if vy < 0.0 and (floor - y) / vy < wait:
                        wait, event = max((floor - y) / vy, 0.0), 1
                    if vy > 0.0 and (ceiling - y) / vy < wait:
                        wait, event = max((ceiling - y) / vy, 0.0), 1
                    goal = (unit - radius if vx > 0.0 else radius) if passed else (right if vx > 0.0 else left)
                    if vx != 0.0 and (goal - x) / vx < wait:
                        wait, event = max((goal - x) / vx, 0.0), 2
                    x += vx * wait
                    y += vy * wait
                    rest -= wait
                    if event == 1:
                        angle = -angle
                        y = floor if vy < 0.0 else ceiling
                    elif event == 2:
                        side = 1 if vx > 0.0 else 0
                        x = goal
                        if passed:
                            scores[1 - side] += 1.0
                            passed = False
                            x, y = 0.5 * unit, 0.5 * unit
                            angle = _serve(draws[n, k, 2], draws[n, k, 3])
                        else:
                            share = 1.0 - rest / dt
                            paddle = before[side] + (paddles[side] - before[side]) * share
                            if abs(y - paddle) <= half + radius:
                                angle = (np.pi if angle >= 0.0 else -np.pi) - angle
                            else:
                                passed = True
                if targets[n, k, 0]:
                    x = left + draws[n, k, 4] * (right - left)
                if targets[n, k, 1]:
                    y = floor + draws[n, k, 5] * (ceiling - floor)
                if targets[n, k, 2]:
                    angle = _serve(draws[n, k, 6], 2.0 * draws[n, k, 6] % 1.0)
                for side in range(2):
                    if targets[n, k, 3 + side]:
                        paddles[side] = half + draws[n, k, 7 + side] * (unit - 2.0 * half)
            out[n, k, 0], out[n, k, 1], out[n, k, 2] = x / unit, y / unit, angle
            out[n, k, 3], out[n, k, 4] = paddles[0] / unit, paddles[1] / unit
            out[n, k, 5], out[n, k, 6] = scores[0], scores[1]


@compiled
def _serve(side: float, slant: float) -> float:
    """A direction within 60 degrees of the axis, to the right where `side` is below a half, in [-pi, pi)."""
    angle = (2.0 * slant - 1.0) * np.pi / 3.0
    if side < 0.5:
        return angle
    return angle + np.pi if angle < 0.0 else angle - np.pi
