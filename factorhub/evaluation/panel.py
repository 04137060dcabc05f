"""The panel: what codes of known kinds get from a metric on the same rows, without which its scores mean nothing.

Of K judged factors and a model of D codes, with W = max(D, K + 1):

    ideal        the codes of the factors themselves, K columns
    noise        D Gaussian columns that know nothing
    rotated      W columns: the padded ones below, mixed by a random rotation
    duplicated   every column of the ideal codes twice
    padded       the ideal codes, standardised, and Gaussian columns up to W

Their scores are kept in memory and on disk, by all that they depend on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from factorhub import randomness
from factorhub.errors import StoreError
from factorhub.evaluation.digests import digest, number
from factorhub.factors import Array, Factor
from factorhub.storage.whole import make_folder, write_json

KINDS = ("ideal", "noise", "rotated", "duplicated", "padded")
STREAM = "evaluation/panel"
VERSION = 1  # of the codes above: raised whenever they change
CACHE = "FACTORHUB_CACHE_DIR"


def ideal_codes(values: Array, factors: Sequence[Factor]) -> Array:
    """The codes (…, K) float64 of factor values (…, K): whole numbers of a grid, and the values where there is none."""
    columns = [values[..., k] if factor.size is None else factor.nearest(values[..., k]) for k, factor in enumerate(factors)]
    return np.stack([column.astype(np.float64) for column in columns], axis=-1)


def reference(kind: str, ideal: Array, width: int, seed: int) -> Array:
    """The codes (M, …) of one of `KINDS`, for the ideal codes (M, K) of the same rows and a model of `width` codes.

    >>> {kind: reference(kind, np.eye(4)[:, :2], 5, 0).shape[1] for kind in KINDS}
    {'ideal': 2, 'noise': 5, 'rotated': 5, 'duplicated': 4, 'padded': 5}
    """
    rows, k = ideal.shape
    if kind == "ideal":
        return ideal
    if kind == "duplicated":
        return np.repeat(ideal, 2, axis=1)
    if kind == "noise":
        return normals(seed, f"{STREAM}/noise", rows, width)
    spread = ideal.std(axis=0)
    unit = (ideal - ideal.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    more = max(width, k + 1) - k
    padded = np.concatenate([unit, normals(seed, f"{STREAM}/pad", rows, more)], axis=1)
    return padded if kind == "padded" else padded @ rotation(k + more, seed)


def rows_digest(values: Array) -> str:
    """A digest of factor values: which rows a panel is of."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()


def rotation(width: int, seed: int) -> Array:
    """A random orthogonal matrix (width, width), uniform among all."""
    q, r = np.linalg.qr(normals(seed, f"{STREAM}/rotation", width, width))
    return np.asarray(q * np.sign(np.diag(r)))


def normals(seed: int, stream: str, rows: int, width: int) -> Array:
    """Independent Gaussian numbers (rows, width), keyed by row, the same on every machine."""
    from factorhub.numerics.normal import probits

    u = randomness.uniforms(seed, stream, np.arange(rows), width) + 2.0**-54  # the middle of each step, so that none is 0
    out = np.empty(u.size)
    probits(u.reshape(-1), out)
    return out.reshape(rows, width)


Numbers: TypeAlias = "dict[str, float] | None"  # the score under "", its parts by name; None where a metric refuses the codes
_kept: dict[str, dict[str, Numbers]] = {}


def scores(key: Mapping[str, Any], compute: Callable[[str], Numbers], *, on_disk: bool = True) -> dict[str, Numbers]:
    """The scores of all `KINDS`, computed where none are kept under this key.

    Args:
        key: JSON data of all that the scores depend on.
        compute: the numbers of a kind.
        on_disk: whether what is kept may come from, and go to, the folder of other processes.
    """
    whole = {**key, "panel": VERSION}
    name = digest(whole)
    if name not in _kept:
        found = _read(name, whole) if on_disk else None
        if found is None:
            found = {kind: compute(kind) for kind in KINDS}
            if on_disk:
                _write(name, whole, found)
        _kept[name] = found
    return dict(_kept[name])


def forget() -> None:
    """Forget what this process keeps in memory; what is on disk stays."""
    _kept.clear()


def folder() -> Path | None:
    """Where panels are kept: FACTORHUB_CACHE_DIR, else factorhub in XDG_CACHE_HOME or ~/.cache; None without a home."""
    with contextlib.suppress(RuntimeError, OSError):
        named = os.environ.get(CACHE)
        base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "factorhub"
        return base.expanduser().absolute() / "panels"
    return None


def _read(name: str, key: Mapping[str, Any]) -> dict[str, Numbers] | None:
    """What is kept on disk; None for what is missing, cut, or of another key, which is computed again."""
    place = folder()
    if place is None:
        return None
    try:
        data = json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
        found = {kind: _numbers(data["scores"][kind]) for kind in KINDS}
        return found if digest(data["key"]) == name == digest(key) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _numbers(given: Any) -> Numbers:
    if given is None:
        return None
    found = {str(name): float(score) for name, score in given.items()}  # infinity is written as text
    if "" not in found or any(map(math.isnan, found.values())):
        raise ValueError
    return found


def _write(name: str, key: Mapping[str, Any], found: Mapping[str, Numbers]) -> None:
    """Keep scores on disk, where a folder can be written; nothing depends on it."""
    place = folder()
    if place is None:
        return
    shown: dict[str, Any] = {
        kind: each and dict(zip(each, map(number, each.values()), strict=True)) for kind, each in found.items()
    }
    with contextlib.suppress(OSError, StoreError):
        make_folder(place)
        write_json(place / f"{name}.json", {"key": dict(key), "scores": shown})


@functools.cache
def versions(extra: str) -> dict[str, str]:
    """The versions of the libraries that a metric's numbers come from."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("numpy", "scipy", "scikit-learn", "lightgbm") if extra else ("numpy",):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
