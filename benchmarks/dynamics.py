"""Trajectories and frames per second against scipy, diffrax and heyoka, errors measured against one reference.

    python benchmarks/dynamics.py [rows]

Every figure is from one run; "error" is the largest difference over time of a row from a solution in pairs of doubles,
each component as a fraction of its largest size, as median and worst over the rows. The bounds: at an accuracy equal to
or better than scipy's DOP853 at rtol 1e-9, per trajectory, on two threads, 60 times its speed for the pendulum, 120
times for Lotka-Volterra, 200 times for three bodies; 50,000 frames of 64 pixels a second and core.

"doubles alone" is one solution of each row, which is what the other libraries give; "checked" is what a generator
renders, the probes of three bodies and their solution in pairs of doubles included; "to disk" is `factorhub generate`
with its default bound: checked, 32 rows of each shard measured again, compressed, written, digests taken.
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import factorhub
from factorhub.dynamics import gravity, lotka_volterra, pendulum, three_body
from factorhub.dynamics.solver import solve
from factorhub.testing import sample

STEPS, DT = 1000, 0.01
CLOCK = np.arange(STEPS) * DT


def right_pendulum(t, y, p):
    return [y[1], -p[1] / p[0] * np.sin(y[0])]


def right_lotka_volterra(t, y, p):
    met = p[1] * y[0] * y[1]
    return [p[0] * y[0] - met, p[3] * met - p[2] * y[1]]


def right_three_body(t, y, p):
    places = y[:6].reshape(3, 2)
    apart = places[None] - places[:, None]
    square = (apart**2).sum(-1) + np.eye(3)
    pull = (p[2:][None, :, None] * apart / (square * np.sqrt(square))[..., None]).sum(1)
    return np.concatenate([p[1] * y[6:], p[0] * pull.reshape(-1)])


SYSTEMS = {
    "pendulum": (right_pendulum, pendulum.undamped, 2, 60),
    "lotka_volterra": (right_lotka_volterra, lotka_volterra.equations, 2, 120),
    "three_body": (right_three_body, gravity.equations(3), 12, 200),
}


def starts_of(name, values):
    if name == "pendulum":
        return values[:, 2:4], values[:, :2]
    if name == "lotka_volterra":
        return np.tile(lotka_volterra.START, (len(values), 1)), values
    return np.tile(three_body.START, (len(values), 1)), np.insert(values, 0, 1.0, axis=1)


def timed(work, least=1):
    """The best seconds of `least` runs, and the last result."""
    best = np.inf
    for _ in range(least):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


def by_scipy(name, starts, parameters, method, **options):
    from scipy.integrate import solve_ivp

    right = SYSTEMS[name][0]
    rows = [
        solve_ivp(right, (0, CLOCK[-1]), y, method, CLOCK, args=(p,), **options) for y, p in zip(starts, parameters, strict=True)
    ]
    return np.stack([row.y.T for row in rows])


def by_diffrax(name, starts, parameters):
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def pendulum_right(t, y, p):
        return jnp.stack([y[1], -p[1] / p[0] * jnp.sin(y[0])])

    def lotka_volterra_right(t, y, p):
        met = p[1] * y[0] * y[1]
        return jnp.stack([p[0] * y[0] - met, p[3] * met - p[2] * y[1]])

    def three_body_right(t, y, p):
        places = y[:6].reshape(3, 2)
        apart = places[None] - places[:, None]
        square = (apart**2).sum(-1) + jnp.eye(3)
        pull = (p[2:][None, :, None] * apart / (square * jnp.sqrt(square))[..., None]).sum(1)
        return jnp.concatenate([p[1] * y[6:], p[0] * pull.reshape(-1)])

    rights = {"pendulum": pendulum_right, "lotka_volterra": lotka_volterra_right, "three_body": three_body_right}
    term, solver = diffrax.ODETerm(rights[name]), diffrax.Dopri8()
    control, saved = diffrax.PIDController(rtol=1e-12, atol=1e-12), diffrax.SaveAt(ts=jnp.asarray(CLOCK))

    def one(y, p):
        return diffrax.diffeqsolve(
            term, solver, 0.0, CLOCK[-1], 1e-3, y, p, saveat=saved, stepsize_controller=control, max_steps=100_000
        ).ys

    run = jax.jit(jax.vmap(one))
    run(starts, parameters).block_until_ready()
    return timed(lambda: np.asarray(run(starts, parameters)))


def by_heyoka(name, starts, parameters):
    import heyoka

    count = SYSTEMS[name][2]
    y = heyoka.make_vars(*[f"y{i}" for i in range(count)])
    p = [heyoka.par[i] for i in range(parameters.shape[1])]
    if name == "pendulum":
        rates = [y[1], -p[1] / p[0] * heyoka.sin(y[0])]
    elif name == "lotka_volterra":
        rates = [p[0] * y[0] - p[1] * y[0] * y[1], p[3] * p[1] * y[0] * y[1] - p[2] * y[1]]
    else:
        pull = [0.0] * 6
        for i in range(3):
            for j in range(3):
                if i != j:
                    dx, dy = y[2 * j] - y[2 * i], y[2 * j + 1] - y[2 * i + 1]
                    weight = p[0] * p[2 + j] * (dx * dx + dy * dy) ** -1.5
                    pull[2 * i], pull[2 * i + 1] = pull[2 * i] + weight * dx, pull[2 * i + 1] + weight * dy
        rates = [*(p[1] * v for v in y[6:]), *pull]
    wide = 8
    made = heyoka.taylor_adaptive_batch(list(zip(y, rates, strict=True)), starts[:wide].T.copy(), pars=parameters[:wide].T.copy())
    times = np.repeat(CLOCK[:, None], wide, axis=1)

    def run():
        out = []
        for first in range(0, len(starts) // wide * wide, wide):
            made.set_time(0.0)
            made.state[:] = starts[first : first + wide].T
            made.pars[:] = parameters[first : first + wide].T
            out.append(made.propagate_grid(times)[1].transpose(2, 0, 1))
        return np.concatenate(out)

    return timed(run, 2)


def report(label, rows, seconds, error, base=None):
    rate = rows / seconds
    against = f"   {rate / base:7.1f} × scipy DOP853" if base else ""
    print(f"  {label:40} {rate:9.0f} trajectories/s   error {np.median(error):.0e} median, {error.max():.0e} worst{against}")
    return rate


def systems(rows):
    for name, (_, _, _, bound) in SYSTEMS.items():
        made = factorhub.generator(name, steps=STEPS, dt=DT, dtype="float64")
        values = sample(made.space, rows)
        starts, parameters = starts_of(name, values)
        few, some = min(rows, 48), min(rows, 128)
        system = solve_system(name)
        exact = solve._integrate(system, starts[:some], parameters[:some], STEPS, DT, solve.REFERENCE)[0]
        print(f"{name}: {STEPS} states at dt {DT}, {rows} rows")
        seconds, found = timed(lambda: by_scipy(name, starts[:few], parameters[:few], "DOP853", rtol=1e-9, atol=1e-9), 2)
        base = report("scipy DOP853, rtol 1e-9, per trajectory", few, seconds, solve.relative(found, exact[:few]))
        seconds, found = timed(lambda: by_scipy(name, starts[:few], parameters[:few], "RK45"))
        report("scipy RK45, default tolerances", few, seconds, solve.relative(found, exact[:few]), base)
        for label, work in (("diffrax Dopri8, 1e-12, vmapped", by_diffrax), ("heyoka, batches of 8", by_heyoka)):
            try:
                seconds, found = work(name, starts[:some], parameters[:some])
            except ImportError as error:
                print(f"  {label}: skipped, {error.name} is not installed")
                continue
            count = len(found)
            report(label, count, seconds, solve.relative(found, exact[:count]), base)
        made.render(values[:8])
        works = {
            "doubles alone": lambda part: solve._integrate(system, starts[part], parameters[part], STEPS, DT, solve.MAIN)[0],
            "checked": lambda part: made.render(values[part])["state"],
        }
        blocks = np.array_split(np.arange(rows), max(rows // 256, 2))
        for label, work in works.items():
            error = solve.relative(work(np.arange(some)), exact)
            for threads in (1, 2):
                with ThreadPoolExecutor(threads) as pool:
                    seconds, _ = timed(lambda pool=pool, work=work: list(pool.map(work, blocks)), 3)
                rate = report(f"factorhub, {label}, {threads} thread{'s'[: threads - 1]}", rows, seconds, error, base)
        print(f"  bound of checked rows on 2 threads: {bound} ×, {'met' if rate / base >= bound else 'MISSED'}")
        for count in (64, 2048):  # the first to compile the encoder
            recipe = factorhub.recipe(name, regime="uniform", rows=count, options={"steps": STEPS, "dt": DT})
            with tempfile.TemporaryDirectory() as folder:
                seconds, _ = timed(lambda recipe=recipe, folder=folder: factorhub.generate(recipe, Path(folder) / "set", workers=2))
        print(
            f"  factorhub, to disk, 2 threads, 2048 rows: {2048 / seconds:.0f} trajectories/s, {2048 / seconds / base:.0f} × scipy"
        )


def solve_system(name):
    """The System inside a generator, for the reference in pairs of doubles."""
    from factorhub.dynamics.system import System

    _, equations, states, _ = SYSTEMS[name]
    components = tuple((f"y{i}", "") for i in range(states))
    counts = {"pendulum": 2, "lotka_volterra": 4, "three_body": 5}
    return System(name, "", "", factorhub.generator(name).space.factors, components, equations, None, counts[name], None)


VIDEOS = (
    "pendulum", "double_pendulum", "mass_spring", "duffing", "van_der_pol", "lorenz", "lotka_volterra", "three_body", "two_body",
    "lagrange_three_body", "bouncing_balls", "interventional_pong",
)  # fmt: skip


def video():
    print("video, 64 pixels, 1 thread")
    for name in VIDEOS:
        for trail in (0, 8):
            made = factorhub.generator(name, steps=100, dt=0.02, video=64, trail=trail)
            values = sample(made.space, 64)
            plain = factorhub.generator(name, steps=100, dt=0.02)
            made.render(values[:4])
            both, _ = timed(lambda: made.render(values), 3)
            alone, _ = timed(lambda: plain.render(values[:, : len(plain.space.factors)]), 3)
            rate = 6400 / (both - alone)
            print(f"  {name:20} trail {trail}: {rate:9.0f} frames/s   {rate / 50_000:.1f} × the bound")


if __name__ == "__main__":
    systems(int(sys.argv[1]) if len(sys.argv) > 1 else 2048)
    video()
