"""The axes of a shard's datasets by name, as HDF5 dimension scales: what xarray and netCDF readers look for.

A scale is an empty dataset with the name and the length of an axis. It takes no space, and factorhub itself never reads it;
sets from before have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from factorhub.factors import Array
from factorhub.storage.manifest import Plan, Shard

LIST, BACK = "DIMENSION_LIST", "REFERENCE_LIST"  # from a dataset to the scales of its axes, and back
DTYPE = np.dtype("u1")
MANY = h5py.vlen_dtype(h5py.ref_dtype)
PAIR = np.dtype([("dataset", h5py.ref_dtype), ("dimension", np.uint32)])


def axes_of(plan: Plan, shard: Shard) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """The scales of a shard {name: length}, and the names of each column's axes.

    An axis keeps its name from `dims`, with `_axis` behind it where a column has that name. Where an axis of another length
    has it, or another of the same column, the column's name is put before it.
    """
    taken = {column.name for column in plan.columns}
    lengths: dict[str, int] = {}
    axes: dict[str, tuple[str, ...]] = {}
    for column in plan.columns:
        own: list[str] = []
        dims = ("sample", *column.dims)
        for axis, length in enumerate((len(shard), *column.shape)):
            name = dims[axis] if axis < len(dims) and dims[axis].isidentifier() else f"axis{axis}"
            name += "_axis" * (name in taken)
            while name in taken or name in own or lengths.get(name, length) != length:
                name = f"{column.name}_{name}"
            lengths[name] = length
            own.append(name)
        axes[column.name] = tuple(own)
    return lengths, axes


def scale_of(plan: Plan, name: str, rows: int) -> Array | None:
    """The scale of the axis `name` of a shard with `rows` rows, as the shard stores it; None where no axis has that name."""
    if not plan.shards or any(column.name == name for column in plan.columns):
        return None
    lengths, axes = axes_of(plan, plan.shards[0])
    if name not in lengths:
        return None
    along = any(names[0] == name for names in axes.values())
    return np.zeros(rows if along else lengths[name], DTYPE)


def attach(file: Any, datasets: Mapping[str, Any], plan: Plan, shard: Shard) -> None:
    """Make the scales of a shard whose `datasets` are there, and name their axes."""
    lengths, axes = axes_of(plan, shard)
    scales = {name: file.create_dataset(name, shape=(length,), dtype=DTYPE) for name, length in lengths.items()}
    links = {name: np.array([scale.ref], dtype=h5py.ref_dtype) for name, scale in scales.items()}
    back: dict[str, list[tuple[Any, int]]] = {name: [] for name in scales}
    # each list at once, and by the calls beneath `attrs`: attaching scales one by one takes ten times as long
    many = h5py.h5t.py_create(MANY, logical=True)
    for column, names in axes.items():
        dataset = datasets[column]
        own, listed = dataset.ref, np.empty(len(names), dtype=MANY)
        for axis, name in enumerate(names):
            listed[axis] = links[name]
            back[name].append((own, axis))
        h5py.h5a.create(dataset.id, LIST.encode(), many, h5py.h5s.create_simple(listed.shape)).write(listed)
    for name, scale in scales.items():
        h5py.h5ds.set_scale(scale.id, about(lengths[name]).encode())
        scale.attrs[BACK] = np.array(back[name], dtype=PAIR)


def about(length: int) -> str:
    """What netCDF calls an axis that has a length and no coordinates."""
    return f"This is a netCDF dimension but not a netCDF variable. {length:10d}"


def problems(file: Any, plan: Plan, shard: Shard) -> list[str]:
    """Where the scales of an open shard are not those that it should have; it may also have none at all."""
    lengths, axes = axes_of(plan, shard)
    if not any(name in file for name in lengths) and not any(LIST in file[name].attrs for name in axes):
        return []
    found = [
        f"the scale of axis {name} is missing or not empty" for name, length in lengths.items() if not _well(file, name, length)
    ]
    if found:
        return found
    back: dict[str, set[tuple[str, int]]] = {name: set() for name in lengths}
    for column, names in axes.items():
        listed = file[column].attrs.get(LIST, ())
        if [[file[link].name for link in links] for links in listed] != [[f"/{name}"] for name in names]:
            found.append(f"the axes of column {column} are not {' '.join(names)}")
        for axis, name in enumerate(names):
            back[name].add((f"/{column}", axis))
    for name, expected in back.items():
        links = file[name].attrs[BACK]
        if len(links) != len(expected) or {(file[link].name, int(axis)) for link, axis in links} != expected:
            found.append(f"the scale of axis {name} names other columns")
    return found


def _well(file: Any, name: str, length: int) -> bool:
    if not isinstance(file.get(name, getlink=True), h5py.HardLink) or not isinstance(file[name], h5py.Dataset):
        return False
    scale = file[name]
    plain = (scale.shape, scale.maxshape, scale.dtype, scale.chunks) == ((length,), (length,), DTYPE, None)
    empty = not scale.is_virtual and not scale.external and scale.id.get_storage_size() == 0
    words = (scale.attrs.get("CLASS"), scale.attrs.get("NAME")) == (b"DIMENSION_SCALE", about(length).encode())
    return plain and empty and words and set(scale.attrs) == {"CLASS", "NAME", BACK}
