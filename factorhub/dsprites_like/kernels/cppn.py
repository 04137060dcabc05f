"""Pictures by small networks of the place in the picture: compositional pattern-producing networks."""

from __future__ import annotations

import numpy as np

from factorhub.factors import Array
from factorhub.numerics.compiled import compiled
from factorhub.numerics.normal import exp
from factorhub.numerics.trig import sincos

INPUTS, HIDDEN, OUTPUTS = 4, 8, 3  # x, y, the distance from the middle and 1; nodes of each of two layers; hue, saturation, value
WEIGHTS = HIDDEN * INPUTS + HIDDEN * HIDDEN + OUTPUTS * HIDDEN


@compiled
def _active(kind: int, s: float) -> float:
    """The answer of a node to the sum of its inputs: a bell, a wave, a bent line, or the sum itself."""
    if kind == 0:
        return exp(-s * s)
    if kind == 1:
        return sincos(2.0 * s)[0]
    return s / (1.0 + abs(s)) if kind == 2 else s


@compiled
def _channel(hue: float, offset: float, saturation: float, value: float) -> int:
    """Red (offset 5), green (3) or blue (1), 0 … 255, of hue, saturation and value in [0, 1]."""
    place = (offset + 6.0 * hue) % 6.0
    level = value * (1.0 - saturation * min(max(min(place, 4.0 - place), 0.0), 1.0))
    return int(np.floor(255.0 * level + 0.5))


@compiled
def fill_patterns(weights: Array, kinds: Array, folds: Array, scales: Array, hue: Array, images: Array) -> None:
    """Fill `images` (n, size, size, 3) with the patterns of networks, nowhere black or grey, so that the hue shows.

    Args:
        weights: (n, WEIGHTS), layer after layer.
        kinds: (n, 2 HIDDEN) 0 … 3, how each node answers.
        folds: (n, 2) whether x and y are folded about the middle, which makes halves mirror one another.
        scales: (n, 3) what x, y and the distance are multiplied by.
        hue: (n,) added to that of the network, in turns.
    """
    size = images.shape[1]
    first, second, out = np.empty(HIDDEN), np.empty(HIDDEN), np.empty(OUTPUTS)
    for r in range(images.shape[0]):
        w, kind = weights[r], kinds[r]
        for line in range(size):
            for column in range(size):
                x, y = (2 * column + 1 - size) / size, (2 * line + 1 - size) / size
                far = np.sqrt(x * x + y * y)
                x, y = abs(x) if folds[r, 0] else x, abs(y) if folds[r, 1] else y
                x, y, far = x * scales[r, 0], y * scales[r, 1], far * scales[r, 2]
                at = 0
                for h in range(HIDDEN):
                    s = w[at] * x + w[at + 1] * y + w[at + 2] * far + w[at + 3]
                    first[h] = _active(kind[h], s)
                    at += INPUTS
                for h in range(HIDDEN):
                    s = 0.0
                    for i in range(HIDDEN):
                        s += w[at + i] * first[i]
                    second[h] = _active(kind[HIDDEN + h], s)
                    at += HIDDEN
                for o in range(OUTPUTS):
                    s = 0.0
                    for i in range(HIDDEN):
                        s += w[at + i] * second[i]
                    out[o] = 0.5 + 0.5 * s / (1.0 + abs(s))
                    at += HIDDEN
                tone = hue[r] + 0.5 * out[0]
                for channel in range(3):
                    images[r, line, column, channel] = _channel(
                        tone, 5.0 - 2.0 * channel, 0.25 + 0.75 * out[1], 0.35 + 0.65 * out[2]
                    )
