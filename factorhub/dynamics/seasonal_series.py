"""Time series made of a trend, two seasons, a change of regime and noise, each of them stored."""

from __future__ import annotations

import math

import numpy as np

from factorhub.dynamics import noise
from factorhub.dynamics.motion import Float, grid_field, state_field, times
from factorhub.dynamics.plots import portraits
from factorhub.dynamics.solver.equations import sin
from factorhub.factors import Array, categorical, circular, continuous
from factorhub.fields import Batch, Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

REGIMES = ("steady", "level_shift", "trend_break", "season_fades", "noise_grows")
COMPONENTS = (("series", ""), ("trend", ""), ("season", ""), ("shift", ""), ("noise", ""))


def seasonal_series(*, steps: int = 256, dtype: Float = "float32") -> Generator:
    """The generator of series of `steps` samples, one per unit of time.

    `state` has the series and the four parts that add up to it; `label` is 0 before the change of regime and the code of
    the factor `regime` from then on.
    """
    factors = (
        categorical("regime", REGIMES, description="what happens at the change"),
        continuous("change", 0.25, 0.75, description="time of the change, as a share of the series"),
        continuous("strength", 0.5, 2.0, description="size of the change"),
        continuous("level", -1.0, 1.0, description="of the trend at its start"),
        continuous("slope", -2.0, 2.0, description="rise of the trend over the whole series"),
        continuous("period1", 16.0, 64.0, description="of the slow season, in samples"),
        continuous("amplitude1", 0.2, 1.5, description="of the slow season"),
        circular("phase1", 2 * math.pi, unit="rad", description="of the slow season at time 0"),
        continuous("period2", 4.0, 12.0, description="of the fast season, in samples"),
        continuous("amplitude2", 0.0, 0.8, description="of the fast season"),
        circular("phase2", 2 * math.pi, unit="rad", description="of the fast season at time 0"),
        continuous("noise_level", 0.0, 0.3, description="standard deviation of the noise before the change"),
        noise.seed("noise_seed", "of the noise"),
    )

    def draw(values: Array) -> Batch:
        regime, change, strength, level, slope = (values[:, i, None] for i in range(5))
        clock = times(len(values), steps, 1.0)
        share = clock / steps
        after = share >= change
        past = np.where(after, share - change, 0.0)
        trend = level + slope * share
        season = np.zeros_like(trend)
        for i in (5, 8):
            period, amplitude, phase = (values[:, j, None] for j in (i, i + 1, i + 2))
            season += amplitude * sin(2 * math.pi * clock / period + phase)
        shift = np.where(regime == 1, strength * after, 0.0) + np.where(regime == 2, 4 * strength * past, 0.0)
        season = np.where((regime == 3) & after, season / (1 + strength), season)
        spread = values[:, 11, None] * np.where((regime == 4) & after, 1 + strength, 1.0)
        error = spread * noise.normals(values[:, 12], steps, "seasonal_series/noise")
        parts = np.stack([trend + season + shift + error, trend, season, shift, error], axis=-1)
        return {"t": clock, "state": parts.astype(dtype), "label": np.where(after, regime, 0).astype(np.uint8)}

    names = {"values": list(REGIMES)}
    return Generator(
        name="seasonal_series",
        summary="series of trend, two seasons, a change of regime and noise, with all parts stored",
        space=FactorSpace(factors),
        fields=(
            grid_field(steps, 1.0),
            state_field("state", dtype, steps, COMPONENTS, "the series and the parts that add up to it"),
            Field("label", "uint8", (steps,), ("time",), description="the regime at each time", meta=names),
        ),
        draw=draw,
        source="own definition, after the customary decomposition of Cleveland et al.: STL (1990)",
        notes=(
            "series = trend + season + shift + noise; trend = level + slope s at the share s = t / steps",
            "season = Σ_i amplitude_i sin(2π t / period_i + phase_i), and from s = change on over (1 + strength) if season_fades",
            "shift = strength from s = change on if level_shift, 4 strength (s - change) if trend_break, else 0",
            "noise is normal, of deviation noise_level, from s = change on (1 + strength) times that if noise_grows",
        ),
        picture=portraits(COMPONENTS, (), time="t [samples]", panels=((0, 1), (2,), (3,), (4,))),
    )
