"""Machine code for inner loops: one decorator, so that every kernel in the package is compiled by the same rules.

A kernel is a pure function of arrays in a module of its own; the module imports this one, and is itself imported
only inside the function that needs it, so that numba is never loaded by `import factorhub` or `factorhub --help`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import numba

ROOT = Path(__file__).parent
F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function` on its first call, and keep the machine code for the next process.

    Kernels release the GIL, so blocks render in parallel threads. Fast-math stays off: reordered or fused
    floating-point operations would make pixels depend on the processor. Where no folder for the cache can be
    written (a read-only install without a home) the kernel is compiled anew in each process.

    numba looks at a kernel's own file alone to see whether kept code is still good. Kernels call kernels of other modules,
    so the digest of all their sources is part of the name that code is kept under: an upgrade never runs old parts.
    """
    function.__qualname__ += f"-{_digest(Path(function.__code__.co_filename))}"
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


@cache
def _digest(path: Path) -> str:
    """Of a kernel module and the modules of the package that it imports, and so on; `factors` gives kernels no more than a name."""
    seen: dict[Path, bytes] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file not in seen and file.is_file():
            seen[file] = file.read_bytes()
            found = re.findall(r"^from factorhub\.(?!factors\b)([\w.]+) import", seen[file].decode(), re.MULTILINE)
            waiting += [ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in found]
    return hashlib.sha256(b"".join(sorted(seen.values()))).hexdigest()[:8]
