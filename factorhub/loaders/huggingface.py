"""A set on disk as a Hugging Face dataset of arrays with the dtypes they have on disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from factorhub.errors import StoreError
from factorhub.paths import local_path


def load(path: str | Path, split: str | None = None, *, streaming: bool = False) -> Any:
    """Load a set with `datasets`: a Dataset, or an IterableDataset where `streaming`; a dictionary of all splits for None.

    The result is what `datasets.load_dataset(path)` gives, yielding NumPy arrays of the stored dtypes where the
    library's own formats make int64 of every integer: uint8 pixels stay uint8. Labels, which are ClassLabel, are int64.

    Args:
        path: the folder of a set.
        split: one split's name.
        streaming: read rows as they are asked for, instead of converting the set to Arrow in the library's cache.

    Raises:
        StoreError: no set there.
    """
    import datasets

    path = local_path("huggingface.load", path)
    if not (path / "README.md").is_file():
        raise StoreError(f"{path} has no dataset card (README.md); factorhub generate NAME --out {path} makes a set")
    found = datasets.load_dataset(str(path), split=split, streaming=streaming)
    kind = _as_stored()
    if isinstance(found, dict):
        return type(found)({name: part.with_format(kind) for name, part in found.items()})
    return found.with_format(kind)


@cache
def _as_stored() -> str:
    """The name of a format of our own, registered on first use: iterable datasets take no arguments for their format."""
    from datasets.formatting import NumpyFormatter, _register_formatter

    class AsStored(NumpyFormatter):  # type: ignore[misc]
        """NumPy arrays without a default dtype for integers or floats."""

        def __init__(self, features: Any = None, token_per_repo_id: Any = None) -> None:
            super().__init__(features=features, token_per_repo_id=token_per_repo_id, dtype=None)

    name = "factorhub"
    _register_formatter(AsStored, name)
    return name
