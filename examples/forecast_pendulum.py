"""A small network forecasts pendulums, in and out of distribution: the error against the horizon, in seconds and periods.

    python examples/forecast_pendulum.py [training steps]

Trained on lengths of 1 to 1.5 m, tested on unseen rows of those, on 0.9 to 1 m ("easy") and on 1.5 to 1.6 m ("hard"), as
published by Fotiadis et al. The network sees 0.8 seconds of a trajectory, from which it can tell the length, and then
continues it by itself. The naive forecast repeats the last state.
"""

import sys

import numpy as np
import torch
from torch import nn

import factorhub
from factorhub.regimes.presets import preset
from factorhub.regimes.uniform import UNIFORM

SEEN, STRIDE, AHEAD = 8, 10, 4  # states seen, time steps between them, and states ahead that training unrolls
PERIOD = 2.2  # seconds, of a small swing at 1.25 m


def trajectories(split: str, rows: int, seed: int) -> torch.Tensor:
    """States (rows, T, 3) every 0.1 s: sine and cosine of the angle, and angular velocity over 5 rad/s."""
    made = factorhub.generator("pendulum", steps=1000)
    regime = preset("pendulum-fotiadis").splits.regime(split, UNIFORM)
    values = regime.draw(made.space, seed, np.arange(rows)).values
    theta, omega = torch.from_numpy(made.render(values)["state"][:, ::STRIDE]).unbind(-1)
    return torch.stack([theta.sin(), theta.cos(), omega / 5], dim=-1)


def forecast(network: nn.Module, seen: torch.Tensor, count: int) -> torch.Tensor:
    """The next `count` states (rows, count, 3) after `seen` (rows, SEEN, 3), each from the last SEEN, given or forecast."""
    states = list(seen.unbind(1))
    for _ in range(count):
        window = torch.stack(states[-SEEN:], dim=1).flatten(1)
        new = states[-1] + network(window)
        states.append(torch.cat([nn.functional.normalize(new[:, :2], dim=1), new[:, 2:]], dim=1))
    return torch.stack(states[SEEN:], dim=1)


def main(training: int = 3000) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the network is too small to share
    rows = trajectories("train", 2000, seed=0)
    network = nn.Sequential(nn.Linear(3 * SEEN, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 3))
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, training)
    for step in range(training):
        which = torch.randint(len(rows), (256,))
        start = int(torch.randint(rows.shape[1] - SEEN - AHEAD, ()))
        window = rows[which, start : start + SEEN + AHEAD]
        loss = (forecast(network, window[:, :SEEN], AHEAD) - window[:, SEEN:]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 500 == 0 or step == training - 1:
            print(f"step {step:5}   training error {loss.item() ** 0.5:.4f}")

    horizons = [1, 3, 6, 11, 22, 44, 88]
    print("\nroot mean square error of (sin theta, cos theta, omega / 5) at a horizon")
    print("seconds          " + "".join(f"{h * STRIDE * 0.01:9.2f}" for h in horizons))
    print("periods          " + "".join(f"{h * STRIDE * 0.01 / PERIOD:9.2f}" for h in horizons))
    with torch.no_grad():
        for split, label in (("test", "in distribution"), ("ood_easy", "easy shell"), ("ood_hard", "hard shell")):
            rows = trajectories(split, 500, seed=1)
            truth = rows[:, SEEN : SEEN + max(horizons)]
            errors = (forecast(network, rows[:, :SEEN], max(horizons)) - truth).square().mean(dim=(0, 2)).sqrt()
            print(f"{label:17}" + "".join(f"{errors[h - 1]:9.4f}" for h in horizons))
        naive = (rows[:, SEEN - 1 : SEEN] - truth).square().mean(dim=(0, 2)).sqrt()
        print(f"{'naive':17}" + "".join(f"{naive[h - 1]:9.4f}" for h in horizons))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
