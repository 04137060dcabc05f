"""Machine code for inner loops: one decorator, so that every kernel in the package is compiled by the same rules.

A kernel is a pure function of arrays in a module of its own; the module imports this one, and is itself imported
only inside the function that needs it, so that numba is never loaded by `import factorhub` or `factorhub --help`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function` on its first call, and keep the machine code for the next process.

    Kernels release the GIL, so blocks render in parallel threads. Fast-math stays off: reordered or fused
    floating-point operations would make pixels depend on the processor. Where no folder for the cache can be
    written (a read-only install without a home) the kernel is compiled anew in each process.
    """
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
