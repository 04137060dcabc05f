"""Any encoder as a function from a batch of observations to codes (n, D) float64: of torch, JAX or NumPy.

Nothing is imported for it: a torch module is recognised only where torch is loaded already, as it is wherever there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from factorhub.errors import FactorhubError, InputError, cut, short, unknown
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.source import Column

Layout: TypeAlias = Literal["stored", "float", "torch"]
Encode: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Encoder:
    """A model as `evaluate` calls it.

    Attributes:
        function: of a batch.
        columns: the observation fields that the batch has: one is given as an array, several as {name: array}.
        layout: "stored" gives NumPy arrays as sets hold them, uint8 images (n, y, x) or (n, y, x, channel); "float" gives
            images as float32 in [0, 1] of shape (n, y, x, channel); "torch" the same as tensors (n, channel, y, x) on the
            device of the module. Fields that are no images keep their numbers and shape in all three.
        single: False where the batch is a dictionary.
    """

    function: Encode
    columns: tuple[Column, ...]
    layout: Layout
    single: bool = True

    def __call__(self, batch: Batch, rows: int) -> Array:
        """Codes (rows, D) float64 of a batch, checked.

        Raises:
            InputError: the model returns something else than one finite row of numbers for each observation.
        """
        given = {column.name: self._laid(batch[column.name], column) for column in self.columns}
        asked = next(iter(given.values())) if self.single else given
        try:
            codes = self.function(asked)
        except (FactorhubError, MemoryError):
            raise
        except Exception as error:
            shapes = ", ".join(f"{str(array.dtype).removeprefix('torch.')} {tuple(array.shape)}" for array in given.values())
            why = cut(" ".join(f"{type(error).__name__}: {error}".split()), 200)
            hint = "layout says what it is given: stored, float or torch"
            raise InputError(f"the model fails on a batch of {shapes} ({self.layout}): {why}; {hint}") from error
        return checked(codes, rows)

    def _laid(self, array: Array, column: Column) -> Any:
        if self.layout != "stored" and column.is_image:
            white = np.float32(1 if column.is_binary else 255)  # binary images hold 0 and 1
            array = array.astype(np.float32) / white
            array = array if column.dims[-1:] == ("channel",) else array[..., None]
            array = np.moveaxis(array, -1, -3) if self.layout == "torch" else array
        if self.layout != "torch":
            return array
        torch: Any = sys.modules["torch"]
        return torch.from_numpy(np.ascontiguousarray(array)).to(_device(self.function))


def encoder(function: Encode, columns: tuple[Column, ...], layout: Layout | None, single: bool) -> Encoder:
    """The encoder of a function; torch modules get tensors, other functions arrays as they are stored, unless told otherwise.

    Raises:
        InputError: no function, an unknown layout, or the layout of torch where torch is not loaded.
    """
    if not callable(function):
        raise InputError(f"a model is a function from a batch of observations to codes (n, D); got {short(function)}")
    chosen = layout or ("torch" if module_of(function) is not None else "stored")
    if chosen not in get_args(Layout):
        raise unknown("layout", chosen, get_args(Layout), "evaluate")
    if chosen == "torch" and "torch" not in sys.modules:
        raise InputError("layout 'torch' gives tensors, and torch is not loaded; import torch first, or leave layout out")
    return Encoder(function, columns, chosen, single)


def is_module(function: object) -> bool:
    """True for a torch module, where torch is loaded."""
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(function, torch.nn.Module)


def module_of(function: object) -> Any:
    """The torch module that a function is, or whose method it is; None for others."""
    return function if is_module(function) else owner if is_module(owner := getattr(function, "__self__", None)) else None


@contextmanager
def judging(function: object) -> Iterator[None]:
    """A torch module, and the one whose method this is, in eval mode and without gradients; each part is put back as it was."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    module = module_of(function)
    parts = [] if module is None else list(module.modules())
    before = [part.training for part in parts]
    try:
        for part in parts:
            part.training = False  # what module.eval() does, and what a module that overrides it cannot refuse
        with torch.no_grad():
            yield
    finally:
        for part, training in zip(parts, before, strict=True):
            part.training = training


def _device(function: object) -> Any:
    module = module_of(function)
    if module is None:
        return "cpu"
    first = next(iter([*module.parameters(), *module.buffers()]), None)
    return "cpu" if first is None else first.device


def checked(codes: Any, rows: int, said: str = "the model returns") -> Array:
    """What a model returned as codes (rows, D) float64.

    Args:
        codes: an array of any framework, or a list of rows; further axes are flattened into D.
        rows: how many there should be.
        said: how an error begins.

    Raises:
        InputError: no numbers, another number of rows, or numbers that are not finite.
    """
    if isinstance(codes, (tuple, list, dict)) and not _numbers(codes):
        several = f"a {type(codes).__name__} of {len(codes)}"
        raise InputError(f"{said} one array of codes (n, D); got {several}; give the means alone, as lambda x: f(x)[0]")
    try:
        array = np.asarray(codes.detach().cpu() if hasattr(codes, "detach") else codes)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{said} an array of codes (n, D); got {short(codes)} ({cut(str(error))}); give numbers") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"{said} real numbers (n, D); got an array of {array.dtype}; convert them to float32")
    if array.ndim == 0 or len(array) != rows:
        got = "a single number" if array.ndim == 0 else f"{len(array)} rows of shape {array.shape[1:]}"
        raise InputError(f"{said} a row of codes for each of {rows} observations; got {got}; check its axes")
    array = array.reshape(rows, -1).astype(np.float64)
    if not array.shape[1]:
        raise InputError(f"{said} codes (n, D) with D of 1 or more; got shape {array.shape}; give the latents")
    if not np.isfinite(array).all():
        row, code = np.argwhere(~np.isfinite(array))[0]
        raise InputError(f"{said} finite numbers; got {array[row, code]} in row {row}, code {code}; look for a log of 0")
    return array


def _numbers(codes: Any) -> bool:
    """True for a plain list of numbers or of rows of numbers, which are codes."""
    try:
        return not isinstance(codes, (dict, tuple)) and np.asarray(codes).dtype.kind in "biuf"
    except (TypeError, ValueError, RuntimeError):
        return False
