"""Digits and capital letters as strokes of a pen, from formulas of this project: each a few lines and arcs about the middle.

A character is up to five strokes, in a box from -0.3 to 0.3 across and -0.5 to 0.5 up. Corners are ends of two strokes.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from factorhub.factors import Array

POINTS = 13  # along a stroke
MOST = 5  # strokes of a character
Stroke = list[tuple[float, float]]


def line(x0: float, y0: float, x1: float, y1: float) -> Stroke:
    """From one point straight to another."""
    return [(x0 + (x1 - x0) * i / (POINTS - 1), y0 + (y1 - y0) * i / (POINTS - 1)) for i in range(POINTS)]


def arc(x: float, y: float, across: float, up: float, start: float, end: float) -> Stroke:
    """About (x, y) with these half axes, from one angle to another [degree, counter-clockwise from the right]."""
    turns = [math.radians(start + (end - start) * i / (POINTS - 1)) for i in range(POINTS)]
    return [(x + across * round(math.cos(turn), 12), y + up * round(math.sin(turn), 12)) for turn in turns]


L, R, T, B = -0.28, 0.28, 0.48, -0.48
GLYPHS: dict[str, list[Stroke]] = {
    "0": [arc(0, 0, 0.27, 0.48, 90, 450)],
    "1": [line(-0.16, 0.3, 0.04, T), line(0.04, T, 0.04, B)],
    "2": [arc(0, 0.22, 0.26, 0.26, 165, -35), line(0.213, 0.071, L, B), line(L, B, R, B)],
    "3": [arc(-0.02, 0.24, 0.25, 0.24, 150, -90), arc(-0.02, -0.24, 0.28, 0.24, 90, -150)],
    "4": [line(0.1, T, L, -0.18), line(L, -0.18, R, -0.18), line(0.12, 0.12, 0.12, B)],
    "5": [line(0.24, T, -0.2, T), line(-0.2, T, -0.24, 0.06), arc(-0.02, -0.18, 0.28, 0.3, 140, -150)],
    "6": [arc(0.2, -0.18, 0.47, 0.66, 100, 180), arc(0, -0.2, 0.27, 0.28, 180, 540)],
    "7": [line(L, T, R, T), line(R, T, -0.08, B)],
    "8": [arc(0, 0.25, 0.22, 0.23, -90, 270), arc(0, -0.23, 0.27, 0.25, 90, 450)],
    "9": [arc(0, 0.2, 0.27, 0.28, 0, 360), arc(-0.2, 0.18, 0.47, 0.66, 0, -80)],
    "A": [line(L, B, 0, T), line(0, T, R, B), line(-0.18, -0.12, 0.18, -0.12)],
    "B": [line(L, B, L, T), arc(L, 0.24, 0.44, 0.24, 90, -90), arc(L, -0.24, 0.54, 0.24, 90, -90)],
    "C": [arc(0.04, 0, 0.32, 0.48, 50, 310)],
    "D": [line(L, B, L, T), arc(L, 0, 0.56, 0.48, 90, -90)],
    "E": [line(L, B, L, T), line(L, T, 0.24, T), line(L, 0.02, 0.16, 0.02), line(L, B, 0.24, B)],
    "F": [line(L, B, L, T), line(L, T, 0.26, T), line(L, 0.02, 0.16, 0.02)],
    "G": [arc(0.02, 0, 0.3, 0.48, 50, 300), line(0.17, -0.416, 0.26, -0.06), line(0.26, -0.06, 0.02, -0.06)],
    "H": [line(L, B, L, T), line(R, B, R, T), line(L, 0, R, 0)],
    "I": [line(0, B, 0, T), line(-0.16, T, 0.16, T), line(-0.16, B, 0.16, B)],
    "J": [line(0.18, T, 0.18, -0.2), arc(-0.04, -0.22, 0.22, 0.26, 0, -170)],
    "K": [line(L, B, L, T), line(0.26, T, L, -0.08), line(-0.1, 0.1, R, B)],
    "L": [line(L, T, L, B), line(L, B, 0.26, B)],
    "M": [line(L, B, L, T), line(L, T, 0, -0.1), line(0, -0.1, R, T), line(R, T, R, B)],
    "N": [line(L, B, L, T), line(L, T, R, B), line(R, B, R, T)],
    "O": [arc(0, 0, 0.33, 0.42, 90, 450)],
    "P": [line(L, B, L, T), arc(L, 0.21, 0.52, 0.27, 90, -90)],
    "Q": [arc(0, 0.02, 0.31, 0.42, 90, 450), line(0.04, -0.2, 0.3, -0.5)],
    "R": [line(L, B, L, T), arc(L, 0.23, 0.5, 0.25, 90, -90), line(-0.06, -0.02, R, B)],
    "S": [arc(0, 0.24, 0.25, 0.24, 40, 270), arc(0, -0.24, 0.27, 0.24, 90, -145)],
    "T": [line(-0.3, T, 0.3, T), line(0, T, 0, B)],
    "U": [line(L, T, L, -0.16), arc(0, -0.16, 0.28, 0.32, 180, 360), line(R, -0.16, R, T)],
    "V": [line(L, T, 0, B), line(0, B, R, T)],
    "W": [line(-0.32, T, -0.16, B), line(-0.16, B, 0, 0.14), line(0, 0.14, 0.16, B), line(0.16, B, 0.32, T)],
    "X": [line(L, T, R, B), line(R, T, L, B)],
    "Y": [line(L, T, 0, 0.02), line(R, T, 0, 0.02), line(0, 0.02, 0, B)],
    "Z": [line(L, T, R, T), line(R, T, L, B), line(L, B, R, B)],
}


@cache
def table(characters: tuple[str, ...]) -> tuple[Array, Array]:
    """The strokes (c, MOST, POINTS, 2) of characters, y up, and how many each has (c,)."""
    strokes, counts = np.zeros((len(characters), MOST, POINTS, 2)), np.zeros(len(characters), np.int64)
    for i, character in enumerate(characters):
        own = GLYPHS[character]
        strokes[i, : len(own)], counts[i] = own, len(own)
    return strokes, counts


def outlines(paths: Array, width: Array) -> Array:
    """Strokes with round ends (…, 2 POINTS + 8, 2) along paths (…, POINTS, 2) of half these widths (…)."""
    ahead = np.empty_like(paths)
    ahead[..., 1:-1, :] = paths[..., 2:, :] - paths[..., :-2, :]
    ahead[..., 0, :], ahead[..., -1, :] = paths[..., 1, :] - paths[..., 0, :], paths[..., -1, :] - paths[..., -2, :]
    length = np.sqrt(ahead[..., 0] ** 2 + ahead[..., 1] ** 2)
    ahead *= (width[..., None] / np.maximum(length, 1e-12))[..., None]
    aside = np.stack([-ahead[..., 1], ahead[..., 0]], axis=-1)
    left, right = paths + aside, paths - aside
    ends = []
    for at, sign in ((-1, 1.0), (0, -1.0)):
        turns = [(round(math.cos(a), 12), round(math.sin(a), 12)) for a in (math.pi * (0.5 - (k + 1) / 5) for k in range(4))]
        cap = [paths[..., at, :] + sign * (c * ahead[..., at, :] + s * aside[..., at, :]) for c, s in turns]
        ends.append(np.stack(cap, axis=-2))
    return np.concatenate([left, ends[0], right[..., ::-1, :], ends[1]], axis=-2)
