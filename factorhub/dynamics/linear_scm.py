"""A linear structural causal model seen through a linear mixing, with one environment for each intervention on one latent."""

from __future__ import annotations

from typing import Literal

import numpy as np

from factorhub import randomness
from factorhub.dynamics.noise import normals, seed
from factorhub.dynamics.plots import bars
from factorhub.errors import InputError
from factorhub.factors import Array, categorical
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace


def models(number: int, latents: int, observed: int, density: float, soft: bool) -> tuple[Array, Array, Array]:
    """The models B (latents + 1, d, d), the mixing H (p, d) and the causal order (d,) of SCM `number`.

    B = Ω^½ (I - A) with Ω^½ ~ U(2, 4) and the weights of A ~ ±U(0.25, 1) on a random DAG; B z is white noise. Model 0
    is observational. Model i + 1 sets row i of B to λ e_i, λ ~ U(6, 8); where `soft`, every entry of the row that is
    not 0, the diagonal's too, to another number from U(1.75, 2), as the published code does. H ~ U(-2, 2), each row
    divided by its entry of largest size; X = H Z here, where that code draws the inverse of the mixing so.
    """
    uniform = iter(randomness.uniforms(number, "linear_scm", np.arange(latents + 2), 4 * max(latents, observed) * latents))
    first, last = next(uniform), next(uniform)
    order = np.argsort(first[:latents])
    scale = 2 + 2 * first[latents : 2 * latents]
    earlier = np.empty((latents, latents), dtype=bool)  # earlier[i, j]: j comes before i and may be its parent
    earlier[order[:, None], order] = np.tri(latents, k=-1, dtype=bool)
    edge, sign, size = last[: 3 * latents**2].reshape(3, latents, latents)
    parents = earlier & (edge < density)
    weights = np.where(parents, np.where(sign < 0.5, -1, 1) * (0.25 + 0.75 * size), 0.0)
    base = scale[:, None] * (np.eye(latents) - weights)
    found = np.stack([base] * (latents + 1))
    mixing = np.empty((observed, latents))
    for i, more in enumerate(uniform):
        own = np.arange(latents) == i
        hard = np.where(own, 6 + 2 * more[latents], 0.0)
        found[i + 1, i] = np.where(parents[i] | own, 1.75 + 0.25 * more[:latents], 0.0) if soft else hard
        mixing[:, i] = 4 * more[latents + 1 : latents + 1 + observed] - 2
    largest = np.take_along_axis(mixing, np.abs(mixing).argmax(axis=1)[:, None], axis=1)
    return found, mixing / largest, order


def linear_scm(
    *,
    scm: int = 0,
    latents: int = 5,
    observed: int = 10,
    density: float = 0.75,
    intervention: Literal["hard", "soft"] = "hard",
) -> Generator:
    """The generator of samples from linear SCM number `scm`: `environment` says which latent is intervened on, if any.

    The exact models B, precision matrices BᵀB, mixing H and causal order are stored with the field `latent`.
    """
    if not 1 <= latents <= 64 or not latents <= observed <= 1024:
        raise InputError(f"linear_scm needs 1 to 64 latents and that many to 1024 observed; got {latents} and {observed}")
    if not 0 <= density <= 1:
        raise InputError(f"density of linear_scm is the share of possible edges, 0 to 1; got {density}")
    found, mixing, order = models(scm, latents, observed, density, intervention == "soft")
    names = ["observational", *(f"do_z{i}" for i in range(latents))]

    def draw(values: Array) -> Batch:
        environment = values[:, 0].astype(np.int64)
        noise = normals(values[:, 1], latents, "linear_scm/noise")
        z = np.zeros((len(values), latents))
        for i in order:
            row = found[environment, i]
            z[:, i] = (noise[:, i] - (row * z).sum(axis=1)) / row[:, i]
        return {"observed": (z[:, None] * mixing).sum(axis=2), "latent": z}

    about = {
        "environments": names, "models": found.tolist(), "precisions": precisions(found).tolist(), "mixing": mixing.tolist(),
        "causal_order": order.tolist(),
    }  # fmt: skip
    return Generator(
        name="linear_scm",
        summary="samples of a linear causal model under one-target interventions, mixed linearly",
        space=FactorSpace(
            (
                categorical("environment", names, description="which latent the intervention is on"),
                seed("sample", "of the exogenous noise"),
            )
        ),
        fields=(
            Field("observed", "float64", (observed,), ("component",), description="the latents through the mixing"),
            Field("latent", "float64", (latents,), ("component",), description="the causal variables", meta=about),
        ),
        draw=draw,
        version=2,
        source="Squires, Seigal, Bhate, Uhler: Linear Causal Disentanglement via Interventions (ICML 2023)",
        notes=("B_e z = ε, white and normal, under environment e; observed = H z; B, H and BᵀB stand in the meta of `latent`",),
        picture=bars((("observed", "x"), ("latent", "z"))),
    )


def precisions(found: Array) -> Array:
    """The precision matrices BᵀB (e, d, d) of the latents under the models B (e, d, d)."""
    return np.stack([model.T @ model for model in found])
