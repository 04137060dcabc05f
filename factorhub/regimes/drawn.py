"""What a regime returned, checked once a block: anyone's may draw the rows of a set."""

from __future__ import annotations

import numpy as np

from factorhub.errors import InputError, short
from factorhub.fields import check_batch
from factorhub.regimes.regime import Draw, Regime
from factorhub.space import FactorSpace


def check_draw(regime: Regime, base: FactorSpace, drawn: Draw, n: int) -> None:
    """Raise `InputError` unless `drawn` is `n` rows of `regime` over `base`: shapes and dtypes as declared, values in range.

    A regime of an outsider may return anything; a code of 300 would be stored as 44, and a record cast in silence.
    """
    what, axes = f"draw of {type(regime).__name__}", tuple(size for _, size in regime.axes(base))
    values, codes, shape = drawn.values, drawn.codes, (n, *axes, len(base.factors))
    if not isinstance(values, np.ndarray) or values.shape != shape or values.dtype != np.float64:
        raise InputError(f"{what} gives values as float64 {shape}; got {_array_text(values)}; return them so")
    if codes is not None and not (isinstance(codes, np.ndarray) and codes.shape == shape and codes.dtype.kind in "iu"):
        raise InputError(f"{what} gives codes as whole numbers {shape}, or None; got {_array_text(codes)}; return them so")
    check_batch(what, regime.extras(base), drawn.extras, (n,))
    for j, factor in enumerate(base if n else ()):
        column = values[..., j]
        low, high = column.min(), column.max()
        if not (low >= factor.low and high <= factor.high):
            got = low if not low >= factor.low else high
            raise InputError(f"{what} stays in the space; {factor.name} takes {factor.range_text()}; got {got:g}; mend the regime")
        if codes is not None and factor.size is not None:
            first, last = codes[..., j].min(), codes[..., j].max()
            if first < 0 or last >= factor.size:
                got = first if first < 0 else last
                raise InputError(f"{what} gives codes of {factor.name} from 0 to {factor.size - 1}; got {got}; mend the regime")


def _array_text(value: object) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else short(value)
