"""Two factors along a line of some width, blurred: the tables that the code of Träuble et al. draws pairs of factors from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.numerics.factor_tables import most_words
from factorhub.regimes.pairs import STEPS
from factorhub.regimes.regime import Draw, Single, remembered
from factorhub.regimes.uniform import uniform_points
from factorhub.space import FactorSpace

LARGEST = 1024  # values of a factor
# The first and the last cell on the line in each row of the published tables, one letter a row, by rows × columns and width:
# there OpenCV draws the line, and its rounding follows no simpler rule.
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"
DRAWN = {
    (8, 15, 0.2): ("0013579B", "2468ACEE"),
    (8, 15, 0.4): ("00013578", "578ACEEE"),
    (8, 15, 0.7): ("00000246", "79BDEEEE"),
    (40, 32, 0.2): ("000000012234566789AABCDEEFGHIIJKLMMNOPQQ", "567889ABCCDEFGGHIJKKLMNOOPQRSSTUVVVVVVVV"),
    (40, 32, 0.4): ("00000000000012234566789AABCDEEFGHIIJKLMM", "9ABBCDEFFGHIJJKLMNNOPQRRSTUVVVVVVVVVVVVV"),
    (40, 32, 0.7): ("0000000000000000000012234566789AABCDEEFG", "FGHIJJKLMNNOPQRRSTUVVVVVVVVVVVVVVVVVVVVV"),
    (40, 40, 0.2): ("0000000123456789ABCDEFGHIJKLMNOPQRSTUVWX", "6789ABCDEFGHIJKLMNOPQRSTUVWXYZabcddddddd"),
    (40, 40, 0.4): ("0000000000000123456789ABCDEFGHIJKLMNOPQR", "CDEFGHIJKLMNOPQRSTUVWXYZabcddddddddddddd"),
    (40, 40, 0.7): ("000000000000000000000123456789ABCDEFGHIJ", "KLMNOPQRSTUVWXYZabcddddddddddddddddddddd"),
    (10, 8, 0.2): ("0001223456", "2234566777"),
    (10, 8, 0.4): ("0000122345", "3345677777"),
    (10, 8, 0.7): ("0000001223", "4566777777"),
    (10, 15, 0.2): ("00124578AB", "24578ABDEE"),
    (10, 15, 0.4): ("0000235689", "4679ACDEEE"),
    (10, 15, 0.7): ("0000002356", "79ACDEEEEE"),
}


@dataclass(frozen=True)
class Line(Single):
    """Grid points whose `pair` of factors lies near the line from their first to their last codes; the others are uniform.

    The line is as wide as `width` times the size of the smaller factor, rounded up, and blurred by a Gaussian of a
    quarter of that size. For the sizes and widths that Träuble et al. publish, the table is that of their code, whole
    numbers 0 … 255 for each pair of codes; for others, cells are on the line by the distance of their middle.

    Attributes:
        pair: two factors; one without a grid is taken to have `STEPS` even values.
        width: above 0 and below 1.
    """

    pair: tuple[str, str]
    width: float = 0.2

    def __post_init__(self) -> None:
        object.__setattr__(self, "pair", tuple(self.pair))
        if len(self.pair) != 2 or self.pair[0] == self.pair[1]:
            raise InputError(f"line joins a pair of two factors, as in [scale, orientation]; got {list(self.pair)}")
        if not 0 < self.width < 1:
            raise InputError(f"the width of a line is a share of the smaller factor, above 0 and below 1; got {self.width:g}")

    @remembered
    def table(self, base: FactorSpace) -> Array:
        """The weights (n, m) of the pair's codes, int64."""
        n, m = (base[name].size or STEPS for name in self.pair)
        for name, size in zip(self.pair, (n, m), strict=True):
            if not 2 <= size <= LARGEST:
                raise InputError(f"line joins factors of 2 to {LARGEST} values; {name} has {size}; name others, or use correlated")
        return table(n, m, self.width)

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        """Row r is a uniform point, with the pair from the table."""
        weights = self.table(base)
        words = randomness.word_columns(seed, f"{stream}/line/others", rows, most_words(base))
        values, _ = uniform_points(base, words)
        ends = np.cumsum(weights)
        word = randomness.words(seed, f"{stream}/line", np.asarray(rows, dtype=np.int64), 1)[:, 0]
        cell = np.searchsorted(ends, randomness.integers(word, int(ends[-1])), side="right")
        for name, codes in zip(self.pair, np.divmod(cell, weights.shape[1]), strict=True):
            factor = base[name]
            even = factor.low + codes * (factor.high - factor.low) / (STEPS - 1)
            values[:, base.index(name)] = even if factor.size is None else factor.values(codes)
        return Draw(values)


def table(n: int, m: int, width: float) -> Array:
    """The weights (n, m), 0 … 255, of a line from the first to the last of n and m codes."""
    if found := DRAWN.get((n, m, width)):
        first, last = (np.array([LETTERS.index(letter) for letter in text])[:, None] for text in found)
        lit = (first <= np.arange(m)) & (np.arange(m) <= last)
    else:
        wide = math.ceil(width * min(n, m))
        y, x = np.mgrid[:n, :m]
        lit = np.abs(x * n - y * m) <= (wide + wide % 2) / 2 * math.hypot(n, m) + max(n, m) / 2
    size = min(n, m) // 4
    return _blurred(np.where(lit, 255, 0), size + 1 - size % 2)


def _blurred(picture: Array, size: int) -> Array:
    """A Gaussian of `size` cells, in whole 256ths whose rounding errors are passed inwards; edges are mirrored."""
    sigma, half = 0.3 * ((size - 1) * 0.5 - 1) + 0.8, size // 2
    weights = np.array([math.exp(-((i - half) ** 2) / (2 * sigma * sigma)) for i in range(size)])
    weights = np.array(SMALL.get(size, (256 * weights / weights.sum()).tolist()))
    whole, left = np.zeros(size, dtype=np.int64), 0.0
    for i in range(half):
        whole[i] = whole[-1 - i] = math.floor(weights[i] + left + 0.5)
        left += weights[i] - whole[i]
    whole[half] = 256 - whole.sum()
    n, m = picture.shape
    around = np.pad(picture, half, mode="reflect")
    across = np.sum([w * around[:, i : i + m] for i, w in enumerate(whole)], axis=0)
    total: Array = np.sum([w * across[i : i + n] for i, w in enumerate(whole)], axis=0)
    return (total + 32768) >> 16


SMALL = {  # the usual binomial kernels, in 256ths
    1: [256.0], 3: [64.0, 128.0, 64.0], 5: [16.0, 64.0, 96.0, 64.0, 16.0], 7: [8.0, 28.0, 56.0, 72.0, 56.0, 28.0, 8.0],
    9: [4.0, 13.0, 30.0, 51.0, 60.0, 51.0, 30.0, 13.0, 4.0],
}  # fmt: skip
