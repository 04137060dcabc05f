"""How fast are tunes and voices made, against the same synthesis written plainly with NumPy and SciPy?

    python benchmarks/sounds.py

Seconds of sound per second of processor time of one thread, at 16 kHz, best of three runs; read the ratios, absolute rates drift
with the machine. The plain ways are held against ours, sample by sample, before they are timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter

import factorhub
from factorhub import randomness
from factorhub.sounds.instruments import INSTRUMENTS
from factorhub.sounds.phonetics import UNITS, units
from factorhub.sounds.tunes import EFFECTS
from factorhub.testing import sample

RATE = 16_000
Work = Callable[[], object]


def seconds(work: Work, rounds: int = 3) -> float:
    """The least processor time."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x**3 * (10 + x * (6 * x - 15))


def audible(frequency: np.ndarray) -> np.ndarray:
    return 1 - smooth((2 * frequency / RATE - 0.8) / 0.14)


def spectrum(own: object, pitch: float, shift: float, slope: float) -> np.ndarray:
    """The amplitudes of a note's harmonics."""
    h = np.arange(1, int(0.94 * 0.5 * RATE / (pitch * shift * 1.03)) + 1)
    a = h**-slope * np.where(h % 2 == 0, own.even, 1.0)
    if own.stops:
        a = a * np.isin(h, (1, 2, 3, 4, 6, 8))
    if own.comb:
        a = a * (0.06 + np.abs(np.sin(np.pi * h * own.comb)))
    a = a * (1 + own.strength * np.exp(-(((pitch * h / own.body - 1) / own.width) ** 2))) * audible(pitch * shift * h * 1.03)
    return a / np.sqrt((a**2).sum() / 2 + (a.sum() / 3.125) ** 2)


def tune(row: dict, tokens: np.ndarray, samples: int, room: np.ndarray) -> np.ndarray:
    """One tune, note by note and harmonic by harmonic."""
    own, out = INSTRUMENTS[row["instrument"]], np.zeros(samples)
    shift = 2 ** ((0.5 + 3.5 * row["strength"]) / 12) if row["effect"] == "pitch shift" else 1.0
    length, level = 30 / row["tempo"], 10 ** ((-35 + 18 * row["loudness"]) / 20)
    slope = own.slope * (1.45 - 0.9 * row["brightness"]) + 0.35 * (1 - row["loudness"])
    for tick in np.flatnonzero(tokens > 1):
        pitch, begin = 440 * 2 ** ((tokens[tick] - 11.0) / 12), 0.05 + tick * length
        first, last = int(np.ceil(begin * RATE)), int((begin + length + own.release) * RATE) + 1
        t = np.arange(first, min(last, samples)) / RATE - begin
        late, early = spectrum(own, pitch, shift, slope), spectrum(own, pitch, shift, max(slope - own.bite, 0.2))
        angle = 2 * np.pi * pitch * shift * (t + 0.0293 * row["vibrato"] / (11 * np.pi) * (1 - np.cos(11 * np.pi * t)))
        share, sound = np.exp(-t / own.bite_time), np.zeros(len(t))
        for h in range(len(late)):
            sound += (late[h] + share * (early[h] - late[h])) * np.sin((h + 1) * angle)
        swell = smooth(t / (own.attack * (1.4 - 0.7 * row["loudness"])))
        out[first : first + len(t)] += level * swell * np.exp(-t * own.decay) * (1 - smooth((t - length) / own.release)) * sound
    strength = row["strength"]
    if row["effect"] == "gain":
        out *= 10 ** ((-2 - 10 * strength) / 20)
    elif row["effect"] == "low-pass":
        out = lfilter(*butter(2, 3000 * np.exp(-2 * strength), fs=RATE), out)
    elif row["effect"] == "reverb":
        out = fftconvolve(out, room)[:samples]
    elif row["effect"] == "overdrive":  # bends the samples: folds over, and costs less than ours
        out = np.tanh(10 ** (0.5 + 2 * strength) * out) / 4
    elif row["effect"] == "compression":  # one time constant for both directions, since a loop over samples would take seconds
        share = lfilter([0.005], [1, -0.995], np.abs(out)) / 0.02
        out = out * ((1 + share**2) / 26) ** (0.5 * (np.exp(-0.4 - 1.7 * strength) - 1))
    end = samples - int(0.03 * RATE)
    fade = int(0.1 * RATE)
    out[end - fade : end] *= smooth((np.arange(fade)[::-1] + 0.5) / fade)
    out[end:] = 0
    return out.astype(np.float32)


def voice(row: dict, seed: int, samples: int) -> np.ndarray:
    """One utterance, harmonic by harmonic under formants that move from frame to frame."""
    table, hop = units(), RATE // 200
    order, starts, length = [], [], 1 / row["rate"]
    for i in range(4):
        syllable, at = row[f"syllable_{i + 1}"], i * length
        if len(syllable) > 1:
            order.append(UNITS.index(syllable[0]))
            starts.append(at)
            at += 0.35 * length
        order.append(UNITS.index(syllable[-1]))
        starts.append(at)
    end, t = 4 * length, np.arange(samples // hop + 1) * hop / RATE - 0.05
    state, dip = np.repeat(table[order[0]][None], len(t), axis=0), np.ones(len(t))
    for before, unit, start in zip(order, order[1:], starts[1:], strict=False):
        state += smooth((t - start) / 0.045 + 0.5)[:, None] * (table[unit] - table[before])
        x = np.clip((t - start) / 0.045, -1, 1)
        dip -= 0.5 * (1 - x**2) ** 2 * min(table[unit, 6], 1) * min(table[before, 6], 1)
    whole = smooth(t / 0.03) * (1 - smooth((t - end) / 0.07 + 1))
    state[:, 6] *= whole * np.maximum(dip, 0)
    state[:, 7] *= whole
    u = np.clip(t / end, 0, 1)
    turn = {"flat": 0 * u, "rise": 2 * smooth(u) - 1, "fall": 1 - 2 * smooth(u), "dip": 2 * (2 * u - 1) ** 2 - 1}[row["contour"]]
    random = np.random.default_rng(seed)
    f0 = row["pitch"] * (1 + 0.15 * turn) * (1 + row["jitter"] * random.uniform(-1, 1, len(t)))
    h = np.arange(1, int(0.47 * RATE / f0.min()) + 1)
    f = f0[:, None] * h
    a = h ** (1 + row["tilt"] / 6.0206) * audible(f)
    for k, wide in enumerate((1, 1.2, 1.7, 2.4, 3)):
        formant = state[:, k, None] / row["tract"]
        x = f / formant
        a /= np.sqrt((1 - x**2) ** 2 + (row["bandwidth"] * wide * state[:, 5, None] / formant * x) ** 2)
    a /= np.sqrt((a**2).sum(axis=1, keepdims=True) / 2 + (a.sum(axis=1, keepdims=True) / 7) ** 2)
    place, frames = np.arange(samples), np.arange(len(t)) * hop
    pitch, voiced, noisy = (np.interp(place, frames, track) for track in (f0, state[:, 6], state[:, 7]))
    angle, out = 2 * np.pi * np.concatenate([[0], np.cumsum(pitch)[:-1]]) / RATE, np.zeros(samples)
    for j in h:
        out += np.interp(place, frames, a[:, j - 1]) * np.sin(j * angle)
    out *= voiced
    white, r2 = random.normal(size=samples), np.exp(-2 * np.pi * 1500 / RATE)
    for level, centre in ((0.004 * voiced, 1700 / row["tract"]), (noisy, 5200 / np.sqrt(row["tract"]))):
        b, c = np.sqrt(0.5 * (1 - r2)), np.cos(2 * np.pi * centre / RATE)
        out += lfilter([b, 0, -b], [1, -(1 + r2) * c, r2], level * white)
    out *= 0.13 * 10 ** (row["gain"] / 20)
    out[-int(0.02 * RATE) :] = 0
    return out.astype(np.float32)


def named(made: factorhub.Generator, values: np.ndarray) -> list[dict]:
    """Rows of values as dictionaries, with labels."""
    return [{f.name: f.labels[int(v)] if f.labels else float(v) for f, v in zip(made.space, row, strict=True)} for row in values]


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(a.astype(float) @ b / np.sqrt((a.astype(float) ** 2).sum() * (b.astype(float) ** 2).sum()))


def main() -> None:
    """Both generators."""
    print("seconds of sound per second, 16 kHz, one thread\n")
    for name in ("tunes", "voices"):
        made = factorhub.generator(name)
        many, few = sample(made.space, 200, 1), sample(made.space, 16, 2)
        samples = made.field("audio").shape[0]
        rows, tokens = named(made, few), made.render(few).get("tokens")
        late = (RATE * 0.32 * ((np.arange(40) + 1) / 40) ** 0.7).astype(int)
        room = np.zeros(late[-1] + 1)
        room[0], room[late] = (
            0.6,
            0.4 * np.exp(-np.arange(40) / 10) * np.sign(randomness.uniforms(0, "bench", np.arange(40), 1)[:, 0] - 0.5) / 10,
        )

        def plain(
            name: str = name, rows: list = rows, tokens: object = tokens, samples: int = samples, room: object = room
        ) -> list:
            if name == "tunes":
                return [tune(row, notes, samples, room) for row, notes in zip(rows, tokens, strict=True)]
            return [voice(row, int(row["noise_seed"]), samples) for row in rows]

        calm = few.copy()
        if name == "tunes":
            calm[:, made.space.index("effect")] = np.resize(
                [EFFECTS.index(e) for e in ("none", "gain", "low-pass", "pitch shift")], 16
            )
            alike = [tune(row, notes, samples, room) for row, notes in zip(named(made, calm), tokens, strict=True)]
        else:
            calm[:, made.space.index("jitter")] = 0
            calm[:, :4] = calm[:, :4] - calm[:, :4] % 5  # without s, whose noise is another one
            alike = [voice(row, 0, samples) for row in named(made, calm)]
        worst = min(likeness(a, b) for a, b in zip(made.render(calm)["audio"], alike, strict=True))
        assert worst > 0.999, worst
        made.render(many[:2])
        ours = len(many) * samples / RATE / seconds(lambda made=made, many=many: made.render(many))
        theirs = len(few) * samples / RATE / seconds(plain)
        print(f"{name:8} factorhub {ours:7,.0f}   NumPy and SciPy, plainly {theirs:6,.1f}   ratio {ours / theirs:6,.0f}")


if __name__ == "__main__":
    main()
