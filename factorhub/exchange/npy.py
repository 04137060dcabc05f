"""The npz container written as a stream: members of known shape are filled row after row, objects are pickled.

NumPy's own `savez` needs every array whole in memory. Objects are pickled so that any NumPy from 1.16 on reads them:
the code that loads these files is often pinned to an old one.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType, TracebackType
from typing import IO, Any, ClassVar

import numpy as np
import numpy.typing as npt

from factorhub.factors import Array

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold, so that equal content gives equal bytes
LEVEL = 6  # of DEFLATE, NumPy's own
NEW, OLD = "numpy._core.", "numpy.core."  # modules as NumPy 2 names them, and as both do


def write_header(file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """The head of an npy file, before its data in C order."""
    descr = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})


def write_object(file: IO[bytes], content: Any) -> None:
    """An npy file of one object, as `np.save(file, content)` writes it, readable by old NumPy too."""
    array = np.array(None, dtype=object)
    array[()] = content
    write_header(file, array.dtype, ())
    _Pickler(file, protocol=2).dump(array)


_Slow: Any = pickle._Pickler  # the quick one lets nobody name a global otherwise


class _Pickler(_Slow):  # type: ignore[misc]
    """Names NumPy's functions by the modules that every NumPy knows, where NumPy 2 would write its own new ones.

    They are named while the pickle is written: in a finished one, the same bytes may be part of anyone's text.
    """

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write a function or a class as the name that readers import."""
        known = name or obj.__qualname__
        module = str(pickle.whichmodule(obj, known))  # type: ignore[attr-defined]
        if module.startswith(NEW):
            self.write(pickle.GLOBAL + f"{OLD}{module.removeprefix(NEW)}\n{known}\n".encode())
            self.memoize(obj)
        else:
            super().save_global(obj, name)

    dispatch: ClassVar[dict[type, Any]] = {**_Slow.dispatch, FunctionType: save_global}


class NpzWriter:
    """Writes the members of an npz file one after the other; `np.load` reads them as from `np.savez_compressed`."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path, "w", compresslevel=LEVEL)

    def _open(self, name: str) -> IO[bytes]:
        member = zipfile.ZipInfo(f"{name}.npy", EPOCH)
        member.compress_type = zipfile.ZIP_DEFLATED
        return self._archive.open(member, "w", force_zip64=True)

    def array(self, name: str, dtype: npt.DTypeLike, shape: tuple[int, ...], blocks: Iterable[Array]) -> None:
        """A member of this dtype and shape, from blocks of rows that together have that shape."""
        with self._open(name) as file:
            write_header(file, np.dtype(dtype), shape)
            for block in blocks:
                file.write(np.ascontiguousarray(block, dtype).reshape(-1).view(np.uint8).data)

    def object(self, name: str, content: Any) -> None:
        """A member that holds one Python object; readers need `allow_pickle=True`."""
        with self._open(name) as file:
            write_object(file, content)

    def __enter__(self) -> NpzWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._archive.close()
