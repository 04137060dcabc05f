"""What people are told about a system: every factor, and the equations as they are solved."""

from __future__ import annotations

import numpy as np
import pytest

import factorhub
from factorhub import catalog
from factorhub.testing import sample

SYSTEMS = [name for name in factorhub.generators() if ".dynamics." in catalog.CATALOG[name]]
DAMPED = {"pendulum": {"damped": True}, "mass_spring": {"damped": True}}


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_factor_is_described_and_the_equations_name_all_that_move_the_state(name: str) -> None:
    made = factorhub.generator(name, **DAMPED.get(name, {}))
    assert all(factor.description for factor in made.space)
    assert made.notes
    assert all(0 < len(line) < 125 and line.isprintable() for line in made.notes)


def rates_of(name: str, state: np.ndarray, factors: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The right-hand side as the notes have it."""
    f, s = factors, np.moveaxis(state, -1, 0)
    if name == "pendulum":
        return [s[1], -(f["gravity"] / f["length"]) * np.sin(s[0]) - f["damping"] * s[1]]
    if name == "mass_spring":
        return [s[1] / f["mass"], -f["stiffness"] * s[0] - f["friction"] * s[1] / f["mass"]]
    if name == "lotka_volterra":
        u, v = s
        return [f["a"] * u - f["b"] * u * v, f["d"] * f["b"] * u * v - f["c"] * v]
    if name == "double_pendulum":
        whole, sine, cosine = f["m1"] + f["m2"], np.sin(s[0] - s[1]), np.cos(s[0] - s[1])
        p1 = f["m2"] * sine * f["l2"] * s[3] ** 2 + whole * f["gravity"] * np.sin(s[0])
        p2 = f["gravity"] * np.sin(s[1]) - sine * f["l1"] * s[2] ** 2
        weight = whole - f["m2"] * cosine**2
        return [s[2], s[3], (f["m2"] * cosine * p2 - p1) / (f["l1"] * weight), (cosine * p1 - whole * p2) / (f["l2"] * weight)]
    bodies = len(s) // 4
    places, speeds = s[: 2 * bodies].reshape(bodies, 2, *s.shape[1:]), s[2 * bodies :]
    pulls = np.zeros_like(places)
    for i in range(bodies):
        for j in range(bodies):
            if i != j:
                apart = places[j] - places[i]
                pulls[i] += f[f"m{j + 1}"] * apart / np.sqrt((apart**2).sum(axis=0)) ** 3
    return [*(f.get("K2", 1.0) * speeds), *(f.get("strength", 1.0) * pulls.reshape(2 * bodies, *s.shape[1:]))]


@pytest.mark.parametrize(
    "name", ["pendulum", "mass_spring", "lotka_volterra", "double_pendulum", "two_body", "three_body", "lagrange_three_body"]
)
def test_the_equations_of_the_notes_are_those_that_are_solved(name: str) -> None:
    made = factorhub.generator(name, steps=20, dtype="float64", derivative=True, **DAMPED.get(name, {}))
    values = sample(made.space, 4)
    batch = made.render(values)
    factors = {factor: values[:, i, None] for i, factor in enumerate(made.space.names)}
    expected = np.stack(rates_of(name, batch["state"], factors), axis=-1)
    assert np.allclose(batch["derivative"], expected, rtol=1e-9, atol=1e-9)
