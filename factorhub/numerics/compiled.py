"""Machine code for inner loops: one decorator, so that every kernel in the package is compiled by the same rules.

A kernel is a pure function of arrays in a module of its own; the module imports this one, and is itself imported
only inside the function that needs it, so that numba is never loaded by `import factorhub` or `factorhub --help`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

from factorhub.errors import InputError

ROOT = Path(__file__).parent.parent
F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function` on its first call, and keep the machine code for the next process.

    Kernels release the GIL, so blocks render in parallel threads. Fast-math stays off: reordered or fused
    floating-point operations would make pixels depend on the processor. Where no folder for the cache can be
    written (a read-only install without a home, a full disk) the kernel is compiled anew in each process, and a warning
    says so once.

    numba looks at a kernel's own file alone to see whether kept code is still good. Kernels call kernels of other modules,
    so the digest of all their sources is part of the name that code is kept under: an upgrade never runs old parts.

    Raises:
        InputError: numba's compiler is switched off.
    """
    if numba.config.DISABLE_JIT:
        raise InputError("factorhub draws with compiled loops, and NUMBA_DISABLE_JIT=1 switches numba's compiler off; unset it")
    function.__qualname__ += f"-{_digest(Path(function.__code__.co_filename))}"
    made = numba.njit(nogil=True, error_model="numpy")(function)
    try:
        made._cache = _Cache(function)
    except (RuntimeError, OSError) as error:
        _say_once(str(error))
    return made  # type: ignore[no-any-return]


class _Cache(FunctionCache):  # type: ignore[misc]
    """numba's cache, in which nothing is an error: what cannot be read is compiled, and what cannot be kept is used."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        stem = Path(self._cache_path, self._impl.filename_base)
        self._cache_file = _Files(stem, self._impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The machine code for these types of arguments, or None."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # whatever a file that was made elsewhere or otherwise can lead numba to
            found = None
        if found is None and _only_kept.get():
            raise NotKept
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep machine code for these types of arguments."""
        try:
            super().save_overload(sig, data)
        except (OSError, RuntimeError, pickle.PicklingError) as error:
            _say_once(str(error))


class _Files:
    """A file for each kernel and types of arguments: SHA-256 of what it is good for and of the content, then the content.

    numba's own files have an index beside them, which two processes that fill a cache at once may get to name each
    other's code, and nothing tells a cut file from a whole one until it is unpickled, or run.
    """

    def __init__(self, stem: Path, stamp: object) -> None:
        self._stem, self._stamp = stem, stamp

    def load(self, key: object) -> Any:
        """What was kept under `key`; None for what is missing, cut, changed, or of another numba or another source."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        if content[:32] != self._proof(key, content[32:]):
            return None  # compiled again, and kept again in its place
        return pickle.loads(content[32:])

    def save(self, key: object, data: object) -> None:
        """Keep `data` under `key`, whole or not at all."""
        path, content = self._path(key), dumps(data)
        new = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            new.write_bytes(self._proof(key, content) + content)
            os.replace(new, path)
        except BaseException:
            with contextlib.suppress(OSError):
                new.unlink()
            raise

    def flush(self) -> None:
        """What numba calls to forget everything: there is no index."""

    def _path(self, key: object) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc")

    def _proof(self, key: object, content: bytes) -> bytes:
        return hashlib.sha256(repr((numba.__version__, self._stamp, key)).encode() + content).digest()


class NotKept(Exception):
    """A kernel would have to be compiled now; see `kept_only`."""


_only_kept = ContextVar("_only_kept", default=False)


@contextlib.contextmanager
def kept_only() -> Iterator[None]:
    """Raise `NotKept` where a kernel that is called meanwhile is neither loaded nor kept on disk, in place of compiling it."""
    before = _only_kept.set(True)
    try:
        yield
    finally:
        _only_kept.reset(before)


_told: list[str] = []


def _say_once(why: str) -> None:
    """Warn that each process compiles anew; a command that does not know the folder would only seem slow."""
    if not _told:
        _told.append(" ".join(why.split())[:300])
        hint = "set NUMBA_CACHE_DIR to a folder with some space"
        text = f"compiled loops cannot be kept, so each run compiles them anew ({_told[0]}); {hint}"
        warnings.warn(text, RuntimeWarning, stacklevel=3)


@cache
def _digest(path: Path) -> str:
    """A digest of the sources of a kernel module and of all modules of this package that it imports, directly or not.

    A version in the folder's name would do for releases, but an edited checkout would run old loops. `factors` and `errors` give
    kernels no more than names, and are left out.
    """
    seen: dict[Path, bytes] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file not in seen and file.is_file():
            seen[file] = file.read_bytes()
            found = re.findall(r"^from factorhub\.(?!(?:factors|errors)\b)([\w.]+) import", seen[file].decode(), re.MULTILINE)
            waiting += [ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in found]
    return hashlib.sha256(b"".join(sorted(seen.values()))).hexdigest()[:8]
