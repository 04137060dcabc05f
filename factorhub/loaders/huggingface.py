"""A set on disk as a Hugging Face dataset of arrays with the dtypes they have on disk.

`datasets` finds the files of a folder by patterns, to which `run[1]` is `run1`, and keeps what it converted under a key
that covers neither their place nor their content. Here its HDF5 builder is given the very files, and a key made of the
manifest and of the size and time of each shard: what lies in the cache is of this set as it is, wherever it lies.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from factorhub.errors import InputError, StoreError, unknown
from factorhub.paths import local_path
from factorhub.source import Column, labels_of
from factorhub.space import FactorSpace
from factorhub.storage.card import BATCH
from factorhub.storage.manifest import MANIFEST, Manifest, read_manifest
from factorhub.strings import strings


def load(path: str | Path, split: str | None = None, *, streaming: bool = False, audio: bool = False, text: bool = False) -> Any:
    """Load a set with `datasets`: a Dataset, or an IterableDataset where `streaming`; a dictionary of all splits for None.

    The rows and features are those of `datasets.load_dataset(path)`, as NumPy arrays of the stored dtypes where the
    library's own formats make int64 of every integer: uint8 pixels stay uint8. Labels, which are ClassLabel, are int64.
    The path is a path and no pattern, and rows converted before are used again only for the same files unchanged.
    What is returned can be pickled, saved and loaded again, and handed to worker processes.

    Args:
        path: the folder of a set.
        split: one split's name.
        streaming: read rows as they are asked for, instead of converting the set to Arrow in the library's cache.
        audio: sounds as dictionaries of `array` and `sampling_rate`, by the keys that `datasets` gives a decoded `Audio` under,
            in place of plain arrays. That feature itself needs torchcodec to write and to read; the parquet format has it.
        text: tokens of sentences, captions and melodies as strings, in their place.

    Raises:
        StoreError: no set there, or a shard is missing.
        InputError: no such split, or a path with `::`, which `datasets` reads as a chain of archives.
    """
    from datasets.data_files import DataFilesDict, DataFilesList
    from datasets.packaged_modules.hdf5.hdf5 import HDF5

    folder = local_path("huggingface.load", path)
    manifest = read_manifest(folder)
    plan = manifest.plan
    if split is not None and split not in plan.splits:
        raise unknown("split", split, plan.splits, str(folder))
    if "::" in str(folder):
        raise InputError(
            f"huggingface.load takes paths without ::, which datasets reads as a chain of archives; got {folder}; rename it"
        )
    key = _key(folder, manifest)
    files = DataFilesDict()
    for name in plan.splits:
        shards = [str(folder / shard.path) for shard in plan.shards if shard.split == name]
        files[name] = DataFilesList(shards, [(key,)] * len(shards))
    known = features(plan.columns, plan.space)
    rates = {column.name: column.sampling_rate for column in plan.columns if column.sampling_rate} if audio else {}
    words = {column.name: column for column in plan.columns if text and column.is_text}
    builder = HDF5(dataset_name="factorhub", hash=key, data_files=files, features=known, batch_size=BATCH)
    if streaming:
        stream = builder.as_streaming_dataset(split=split)
        stream = _each(stream, lambda part: _sounding(part, rates, known)) if rates else stream
        stream = _each(stream, lambda part: _spelled(part, words)) if words else stream
        return _each(stream, lambda part: part.with_format(as_stored()))
    builder.download_and_prepare()
    found = builder.as_dataset(split=split)
    found = _each(found, lambda part: _sounding(part, rates, known)) if rates else found
    found = _each(found, lambda part: _spelled(part, words)) if words else found
    return _each(found, lambda part: part.with_format("numpy", dtype=None))  # None: as it is, where absence means int64


def features(columns: tuple[Column, ...], space: FactorSpace) -> Any:
    """The `datasets.Features` of a set's columns, the same as its card gives."""
    import datasets

    arrays = {2: datasets.Array2D, 3: datasets.Array3D, 4: datasets.Array4D, 5: datasets.Array5D}
    found = {}
    for column in columns:
        labels = labels_of(column, space)
        one: Any = datasets.Value(column.dtype) if labels is None else datasets.ClassLabel(names=list(labels))
        shape = column.shape
        if len(shape) > 1:
            inner = shape[-5:]  # arrays have up to 5 axes; further ones before them are lists
            one = arrays[len(inner)](shape=inner, dtype=column.dtype)
            shape = shape[:-5]
        for length in reversed(shape):
            one = datasets.List(one, length=length)
        found[column.name] = one
    return datasets.Features(found)


def _sounding(part: Any, rates: dict[str, int], known: Any) -> Any:
    """A dataset whose sounds have their sampling rates beside them."""
    import datasets

    rated = {name: {"array": known[name], "sampling_rate": datasets.Value("int32")} for name in rates}
    wanted = datasets.Features({name: rated.get(name, known[name]) for name in known})
    return part.with_format("arrow").map(_rated, batched=True, fn_kwargs={"rates": rates}, features=wanted)


def _rated(table: Any, rates: dict[str, int]) -> Any:
    """An Arrow table with each sound (`rates` says which) and its sampling rate in one column."""
    import pyarrow as pa

    for name, rate in rates.items():
        sound = table[name].combine_chunks()
        both = pa.StructArray.from_arrays([sound, pa.array([rate] * len(sound), pa.int32())], ["array", "sampling_rate"])
        table = table.set_column(table.schema.get_field_index(name), name, both)
    return table


def _spelled(part: Any, words: dict[str, Column]) -> Any:
    """A dataset whose tokens (`words` says which) are strings, or lists of them in rows of several members."""
    import datasets

    wanted = {**part.features}
    for name, column in words.items():
        one: Any = datasets.Value("string")
        for length in reversed(column.shape[:-1]):
            one = datasets.List(one, length=length)
        wanted[name] = one

    def spell(batch: dict[str, Any]) -> dict[str, Any]:
        spelled = {name: strings(np.asarray(batch[name]), column.attributes["meta"]).tolist() for name, column in words.items()}
        return {**batch, **spelled}

    return part.with_format(None).map(spell, batched=True, features=datasets.Features(wanted))


def _key(folder: Path, manifest: Manifest) -> str:
    """What tells this set, as it is now, from every other: a digest of its manifest, and of sizes and times of its shards.

    The times are there for shards that were changed or repaired under an unchanged manifest.
    """
    digest = xxhash.xxh3_128((folder / MANIFEST).read_bytes())
    for shard in manifest.plan.shards:
        try:
            found = (folder / shard.path).stat()
        except OSError as error:
            raise StoreError(
                f"cannot read {folder / shard.path}: {error.strerror}; factorhub repair {folder} makes it again"
            ) from None
        digest.update(f"{shard.path} {found.st_size} {found.st_mtime_ns};".encode())
    return digest.hexdigest()


def _each(found: Any, change: Any) -> Any:
    return type(found)({name: change(part) for name, part in found.items()}) if isinstance(found, dict) else change(found)


class _FormatName(str):
    """A format's name whose pickle registers the format where it is read: workers know only what `datasets` registers."""

    def __reduce__(self) -> tuple[Any, ...]:
        return as_stored, ()


@cache
def as_stored() -> str:
    """The name of a format of our own, registered on first use: iterable datasets take no arguments for their format."""
    from datasets.formatting import NumpyFormatter, _register_formatter

    class AsStored(NumpyFormatter):  # type: ignore[misc]
        """NumPy arrays without a default dtype for integers or floats."""

        def __init__(self, features: Any = None, token_per_repo_id: Any = None) -> None:
            super().__init__(features=features, token_per_repo_id=token_per_repo_id, dtype=None)

        def _consolidate(self, column: Any) -> Any:
            """Scalars of one dtype are an array too, of which earlier versions make one of objects."""
            scalars = isinstance(column, list) and all(isinstance(item, np.generic) for item in column)
            alike = scalars and len({item.dtype for item in column}) == 1
            return np.stack(column) if alike else super()._consolidate(column)

    name = _FormatName("factorhub")
    _register_formatter(AsStored, name)
    return name
