"""The old place of `factorhub.numerics.trig`, kept for code that imports `sincos` from here."""

from __future__ import annotations

import warnings


def __getattr__(name: str) -> object:
    if name != "sincos":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from factorhub.numerics.trig import sincos

    warnings.warn("factorhub.trig is now factorhub.numerics.trig; import sincos from there", DeprecationWarning, stacklevel=2)
    return sincos
