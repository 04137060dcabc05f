"""Modules by the names they had before 0.2: imported from where they are now, with a line that says so.

Nothing in factorhub imports by these names; they are for code that was written against 0.1.
"""

from __future__ import annotations

import sys
from typing import Any

MOVED = {  # by the room they are in now; old:new where the module has another name there
    "numerics": "words:intrinsics compiled philox feistel trig columns kernels:coordinates layout:factor_tables regimes.normal",
    "lookup": "labels:label_index conditions:query bitmaps neighbours recorded:records",
    "build": "recipes sampled:rendered quality streams protocols",
    "commands": "describe preview oneline:group shell arguments completion traversals",
    "regimes.kernels": "regimes.answers:tasks regimes.evolve:temporal regimes.frames:sequences regimes.laplace "
    "regimes.motion:nearby regimes.redraws:pairs regimes.ridges:correlated regimes.scores:causal",
    "regions": "regions.kernels:ranks",
    "storage.codecs": "storage.codec storage.deflate storage.inflate storage.prefix:huffman storage.runs:run_length "
    "storage.scatter",
    "storage": "storage.deal:window_reader",
    "dsprites_like.kernels": "dsprites_like.area dsprites_like.blobs dsprites_like.coverage dsprites_like.pieces "
    "dsprites_like.raster dsprites_like.raycast dsprites_like.room dsprites_like.solids dsprites_like.spans dsprites_like.texture",
    "dynamics.kernels": "dynamics.raster:discs",
    "dynamics.solver": "dynamics.pairs:double_double dynamics.lanes:vector_operations dynamics.series dynamics.taylor "
    "dynamics.tape:equations dynamics.solve",
}


def now(name: str) -> str | None:
    """Where the module of this old name is now; None for any other name."""
    for room, modules in MOVED.items():
        for item in modules.split():
            old, _, new = item.partition(":")
            if name == f"factorhub.{old}":
                return f"factorhub.{room}.{new or old.rpartition('.')[2]}"
    return None


class Finder:
    """Finds modules by their old names, after all other finders have found nothing; and loads them."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> Any:
        """How to load the module, or None."""
        del path, target
        place = now(name)
        if place is None:
            return None
        import warnings
        from importlib.util import spec_from_loader

        warnings.warn(f"{name} is now {place}; import it from there", DeprecationWarning, stacklevel=2)
        return spec_from_loader(name, Finder)  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: object) -> None:
        """Let Python make an empty one."""
        del spec

    @staticmethod
    def exec_module(module: Any) -> None:
        """Put the module of the new name in its place, which Python then gives."""
        import importlib

        sys.modules[module.__name__] = importlib.import_module(str(now(module.__name__)))


def install() -> None:
    """Let old names be imported."""
    if not any(finder is Finder for finder in sys.meta_path):
        sys.meta_path.append(Finder)
