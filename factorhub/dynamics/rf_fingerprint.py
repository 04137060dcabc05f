"""Radio signals with the fingerprint of the device that sent them and the marks of the channel they came through."""

from __future__ import annotations

import math

import numpy as np

from factorhub import randomness
from factorhub.dynamics import noise
from factorhub.dynamics.motion import Float, grid_field, state_field, times
from factorhub.dynamics.plots import portraits
from factorhub.dynamics.solver.equations import cos, sin
from factorhub.errors import InputError
from factorhub.factors import Array, Factor, categorical, circular, continuous
from factorhub.fields import Batch
from factorhub.generator import Generator
from factorhub.space import FactorSpace

ROLL_OFF, SPAN = 0.35, 4  # of the root-raised-cosine pulse; it reaches this many symbols to either side


def pulse(samples: int) -> Array:
    """The root-raised-cosine pulse of unit energy at `samples` per symbol, over 2 · SPAN symbols."""
    t = np.arange(-SPAN * samples, SPAN * samples + 1) / samples
    b = ROLL_OFF
    with np.errstate(divide="ignore", invalid="ignore"):
        top = np.sin(np.pi * t * (1 - b)) + 4 * b * t * np.cos(np.pi * t * (1 + b))
        taps = top / (np.pi * t * (1 - (4 * b * t) ** 2))
    taps[t == 0] = 1 - b + 4 * b / np.pi
    edge = np.abs(np.abs(4 * b * t) - 1) < 1e-9
    taps[edge] = b / math.sqrt(2) * ((1 + 2 / np.pi) * math.sin(np.pi / (4 * b)) + (1 - 2 / np.pi) * math.cos(np.pi / (4 * b)))
    return taps / math.sqrt((taps**2).sum())


def rf_fingerprint(
    *, steps: int = 256, samples: int = 4, taps: int = 1, fading: bool = False, devices: int = 0, dtype: Float = "float32"
) -> Generator:
    """The generator of y = h ∗ PA(a x + b x̄) e^{2πi Δf k} + noise at `samples` per symbol; x is random QPSK.

    `signal` (T, 2) has the real and the imaginary part. a and b follow from the device's imbalance in gain and phase:
    a = (1 + g e^{iφ}) / 2, b = (1 - g e^{iφ}) / 2. PA(z) = z (1 - c |z|²). h has the direct path and `taps` echoes.

    Args:
        taps: echoes of the channel, each with its strength, phase and delay.
        fading: each echo's phase turns with a Doppler shift of its own, so that the channel changes over time.
        devices: with 2 or more, `device` is a class in the place of the four impairments, which are drawn once for each.
    """
    if not 2 <= samples <= 64:
        raise InputError(f"samples of rf_fingerprint counts samples per symbol, 2 to 64; got {samples}")
    if not 1 <= taps <= 8:
        raise InputError(f"taps of rf_fingerprint counts echoes, 1 to 8; got {taps}")
    if devices and not 2 <= devices <= 4096:
        raise InputError(f"devices of rf_fingerprint is 0 (impairments are factors) or counts devices, 2 to 4096; got {devices}")
    impairments = (
        continuous("gain", 0.9, 1.1, description="device: gain of the quadrature branch against the other"),
        continuous("phase", -0.1, 0.1, unit="rad", description="device: its phase error"),
        continuous("cubic", 0.0, 0.1, description="device: compression of the amplifier"),
        continuous("offset", -1e-3, 1e-3, description="device: carrier offset, in cycles per sample"),
    )
    device = categorical("device", [f"device {i}" for i in range(devices or 1)], description="with impairments of its own")
    places = randomness.uniforms(0, "rf_fingerprint/devices", np.arange(devices), 4)
    known = np.stack([factor.from_unit(places[:, i]) for i, factor in enumerate(impairments)], axis=-1)
    first = 1 if devices else 4
    each = 4 if fading else 3
    factors = (
        *((device,) if devices else impairments),
        *(factor for tap in range(taps) for factor in _echo(tap, fading)),
        continuous("snr", 0.0, 30.0, unit="dB", description="channel: power of the sent signal over that of the noise"),
        noise.seed("message", "of the symbols sent"),
        noise.seed("noise_seed", "of the noise"),
    )
    shape = pulse(samples)
    symbols = -(-(steps + 16) // samples) + 2 * SPAN + 1

    def draw(values: Array) -> Batch:
        own = known[values[:, 0].astype(np.int64)] if devices else values[:, :4]
        gain, phase, cubic, offset = (own[:, i, None] for i in range(4))
        echoes = values[:, first : first + each * taps].reshape(-1, taps, each)
        snr, message, seed = values[:, -3, None], values[:, -2], values[:, -1]
        bits = noise.uniforms(message, 2 * symbols, "rf_fingerprint/message").reshape(-1, symbols, 2) < 0.5
        spread = np.zeros((len(values), symbols * samples), dtype=np.complex128)
        spread[:, ::samples] = (np.where(bits[..., 0], 1, -1) + 1j * np.where(bits[..., 1], 1, -1)) * math.sqrt(samples / 2)
        room = spread.shape[1] - len(shape) + 1
        x = sum(part * spread[:, i : i + room] for i, part in enumerate(shape))
        imbalance = gain * (cos(phase) + 1j * sin(phase))
        z = (1 + imbalance) / 2 * x + (1 - imbalance) / 2 * np.conj(x)
        sent = z * (1 - cubic * (z.real**2 + z.imag**2))
        clock = times(len(values), steps, 1.0)
        rows = np.arange(len(values))[:, None]
        received = sent[:, 8 : 8 + steps]
        for tap in range(taps):
            strength, turn, delay = (echoes[:, tap, i, None] for i in range(3))
            whole = np.floor(delay)
            late = 8 + np.arange(steps) - whole.astype(np.int64)
            echo = (1 - (delay - whole)) * sent[rows, late] + (delay - whole) * sent[rows, late - 1]
            if fading:
                turn = turn + 2 * math.pi * echoes[:, tap, 3, None] * clock
            received = received + strength * (cos(turn) + 1j * sin(turn)) * echo
        spin = 2 * math.pi * offset * clock
        y = received * (cos(spin) + 1j * sin(spin))
        level = np.sqrt(0.5 * 10 ** (-snr / 10))
        error = noise.normals(seed, 2 * steps, "rf_fingerprint/noise").reshape(-1, steps, 2)
        signal = np.stack([y.real, y.imag], axis=-1) + level[..., None] * error
        return {"t": clock, "signal": signal.astype(dtype)}

    parts = (("real", ""), ("imaginary", ""))
    turns = "2πi doppler k + i tap_phase" if fading else "i tap_phase"
    echoes_text = f"{'Σ ' if taps > 1 else ''}tap e^({turns}) z_(k - delay)"
    return Generator(
        name="rf_fingerprint",
        summary="radio signals by device (imbalance, compression, offset) and channel (echo, noise)",
        space=FactorSpace(factors),
        fields=(
            grid_field(steps, 1.0),
            state_field("signal", dtype, steps, parts, "what is received, complex as a last axis of two"),
        ),
        draw=draw,
        source="own definition, after the customary models of transmitters' impairments",
        notes=(
            f"y_k = (z_k + {echoes_text}) e^(2πi offset k) + noise, with z = u (1 - cubic |u|²)",
            "u = a x + b x̄, a = (1 + gain e^(i phase)) / 2, b = (1 - gain e^(i phase)) / 2, and x random QPSK of mean power 1",
        ),
        picture=portraits(parts, field="signal", time="t [samples]"),
    )


def _echo(tap: int, fading: bool) -> tuple[Factor, ...]:
    """The factors of one echo of the channel; of the first without a number."""
    which = f"_{tap + 1}" if tap else ""
    return (
        continuous(f"tap{which}", 0.0, 0.5, description="channel: strength of the echo"),
        circular(f"tap_phase{which}", 2 * math.pi, unit="rad", description="channel: its phase"),
        continuous(f"delay{which}", 1.0, 8.0, grid=8, description="channel: its delay, in samples; between them interpolated"),
        *([continuous(f"doppler{which}", -2e-3, 2e-3, description="channel: its Doppler shift, in cycles per sample")] * fading),
    )
