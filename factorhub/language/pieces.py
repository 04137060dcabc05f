"""Pieces of text as tokens: the vocabulary that they make, and texts composed of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Field

WORD = re.compile(r" ?[^\s.,;:!#][^\s.,;:!]*| ?[.,;:!#]")  # a word or a sign, with the space before it


class Pieces:
    """Pieces of text, each a run of tokens, in one vocabulary whose token 0 is empty.

    A piece brings its own spaces (" on the whole,"), so that pieces one after another are the text.
    """

    def __init__(self) -> None:
        self.vocabulary = [""]
        self._tokens: dict[str, int] = {"": 0}
        self._known: dict[str, int] = {}
        self._starts, self._pieces = [0], list[int]()

    def add(self, text: str) -> int:
        """The number of a piece, made if it is new."""
        if text not in self._known:
            self._known[text] = len(self._starts) - 1
            for word in WORD.findall(text):
                if word not in self._tokens:
                    self._tokens[word] = len(self.vocabulary)
                    self.vocabulary.append(word)
                self._pieces.append(self._tokens[word])
            self._starts.append(len(self._pieces))
        return self._known[text]

    def table(self, texts: Iterable[str]) -> Array:
        """The numbers of several pieces (m,)."""
        return np.array([self.add(text) for text in texts], dtype=np.int64)

    def token(self, text: str) -> int:
        """The token of a word that some piece has, with or without a space before it."""
        return self._tokens[text]

    def has(self, word: str) -> list[int]:
        """The tokens of a word in every form it was written in: with a space before it, without, in capitals or not."""
        return [token for text, token in self._tokens.items() if text.strip().lower() == word.lower() and text]

    def fields(self, most: int, about: str, name: str = "tokens", length: str = "length") -> tuple[Field, Field]:
        """The fields of tokens (most,) and of their length, the number of tokens before the padding."""
        meta = {"vocabulary": list(self.vocabulary), "separator": ""}
        about = f"{about}, as places in the vocabulary; 0 pads"
        tokens = Field(name, "uint16", (most,), ("token",), description=about, meta=meta)
        return tokens, Field(length, "uint16", (), (), description="tokens before the padding")

    def compose(self, chosen: Array, most: int) -> dict[str, Array]:
        """The fields of texts made of the `chosen` pieces (n, slots), padded to `most` tokens."""
        from factorhub.language.kernels.compose import compose

        tokens, lengths = np.empty((len(chosen), most), dtype=np.uint16), np.empty(len(chosen), dtype=np.uint16)
        starts, pieces = np.array(self._starts), np.array(self._pieces, dtype=np.uint16)
        compose(starts, pieces, np.ascontiguousarray(chosen), tokens, lengths)
        return {"tokens": tokens, "length": lengths}

    def size(self, piece: int) -> int:
        """How many tokens a piece has."""
        return self._starts[piece + 1] - self._starts[piece]

    def tokens(self, pieces: Array) -> Array:
        """The tokens (m, length) of pieces (m,) that have the same number of them."""
        return np.array([self._pieces[self._starts[piece] : self._starts[piece + 1]] for piece in pieces.tolist()], dtype=np.int64)

    def longest(self, slots: Iterable[Array]) -> int:
        """The most tokens of a text with one piece of each slot (…)."""
        sizes = np.diff(self._starts)
        return int(sum(sizes[np.asarray(slot).reshape(-1)].max() for slot in slots))
