"""Tokens as strings: a text field holds numbers, and its meta data the vocabulary that they are places in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError
from factorhub.factors import Array


def is_text(dims: tuple[str, ...], meta: Mapping[str, Any]) -> bool:
    """True of fields and columns of tokens (…, token) or (…, tick) with a vocabulary."""
    return dims[-1:] in (("token",), ("tick",)) and isinstance(meta.get("vocabulary"), list)


def strings(tokens: npt.ArrayLike, meta: Mapping[str, Any]) -> Array:
    """The texts (…) that `tokens` (…, L) spell, as NumPy strings.

    Args:
        tokens: integers, of any array library.
        meta: of the field, with `vocabulary`, the text of each token, and `separator`, what stands between two (a space unless
            said). Texts of sentences bring their own spaces; token 0, which pads them, is empty.

    Raises:
        InputError: no vocabulary, or tokens that are not in it.

    >>> strings([[1, 2, 0], [2, 0, 0]], {"vocabulary": ["", "good", " night"], "separator": ""}).tolist()
    ['good night', 'night']
    """
    words, separator = meta.get("vocabulary"), meta.get("separator", " ")
    if not isinstance(words, list):
        raise InputError("tokens are spelled by the vocabulary of their field; got meta data without one; name a text field")
    codes = np.asarray(tokens)
    if codes.dtype.kind not in "iu" or (codes.size and (codes.min() < 0 or codes.max() >= len(words))):
        got = codes.dtype if codes.dtype.kind not in "iu" else codes[(codes < 0) | (codes >= len(words))].flat[0]
        raise InputError(f"tokens are integers from 0 to {len(words) - 1}; got {got}")
    flat = codes.reshape(-1, codes.shape[-1])
    spelled = [separator.join([str(words[code]) for code in row]).strip() for row in flat.tolist()]
    return np.array(spelled, dtype=np.str_).reshape(codes.shape[:-1])
