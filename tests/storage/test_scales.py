"""Axes of shards by name, for xarray and whatever reads netCDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import factorhub
from factorhub.factors import ordinal
from factorhub.fields import Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace
from factorhub.storage import hdf5

from .test_hostile_shards import forge


def shards(folder: Path) -> list[Path]:
    return sorted((folder / "data").glob("*.h5"))


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("dsprites", {"rows": 30}),
        ("dsprites", {"rows": 30, "regime": "pairs(k=1)"}),
        ("lorenz", {"rows": 5, "steps": 9}),
        ("linear_scm", {"rows": 5}),
        ("multi_dsprites", {"rows": 5}),
    ],
)
def test_xarray_sees_the_axes_that_columns_name(name: str, how: dict[str, Any], tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    store = factorhub.generate(name, tmp_path / "set", **how)
    assert factorhub.verify(tmp_path / "set").ok
    with xarray.open_dataset(shards(tmp_path / "set")[0], engine="h5netcdf", decode_cf=False) as data:
        assert set(data.variables) == {column.name for column in store.columns}
        for column in store.columns:
            found = data[column.name].dims
            assert len(found) == 1 + len(column.shape) == len(set(found))
            assert all(axis.endswith((dim, dim + "_axis")) for axis, dim in zip(found, ("sample", *column.dims), strict=True))
            assert np.array_equal(data[column.name], store.read(slice(None), [column.name])[column.name])


def test_axes_that_share_a_name_with_a_column_or_differ_in_length_have_another(tmp_path: Path) -> None:
    fields = (
        Field("x", "uint8", (3,), ("x",)),
        Field("wide", "uint8", (4, 3), ("side", "x")),
        Field("tall", "uint8", (5, 5), ("side", "side")),
    )

    def draw(values: np.ndarray) -> dict[str, np.ndarray]:
        return {item.name: np.zeros((len(values), *item.shape), np.uint8) for item in fields}

    made = Generator("odd", "odd", FactorSpace((ordinal("sample", range(9)),)), fields, draw, "here")
    factorhub.generate(made, tmp_path / "set")
    assert factorhub.verify(tmp_path / "set").ok
    with h5py.File(shards(tmp_path / "set")[0]) as file:
        axes = {name: [axis[0].name for axis in file[name].dims] for name in ("sample", "x", "wide", "tall")}
    assert axes == {
        "sample": ["/sample_axis"],
        "x": ["/sample_axis", "/x_axis"],
        "wide": ["/sample_axis", "/side", "/x_axis"],
        "tall": ["/sample_axis", "/tall_side", "/tall_tall_side"],
    }


def test_a_set_without_scales_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "attach", lambda *_: None)
    factorhub.generate("dsprites", tmp_path / "set", rows=60, shard_rows=30)
    monkeypatch.undo()
    assert factorhub.verify(tmp_path / "set").ok
    shards(tmp_path / "set")[1].unlink()
    assert factorhub.repair(tmp_path / "set").ok
    with h5py.File(shards(tmp_path / "set")[0]) as old, h5py.File(shards(tmp_path / "set")[1]) as new:
        assert ("y" in old, "y" in new) == (False, True)


def _swap(file: Any) -> None:
    listed = file["image"].attrs["DIMENSION_LIST"]
    listed[1], listed[2] = listed[2], listed[1]
    file["image"].attrs.create("DIMENSION_LIST", listed, dtype=h5py.vlen_dtype(h5py.ref_dtype))


FORGED = {
    "axes swapped": (_swap, "the axes of column image are not sample y x"),
    "axes gone": (lambda file: file["image"].attrs.__delitem__("DIMENSION_LIST"), "the axes of column image are not"),
    "a scale with content": (lambda file: file["y"].__setitem__(0, 1), "the scale of axis y is missing or not empty"),
    "a scale that is gone": (lambda file: file.__delitem__("y"), "the scale of axis y is missing"),
    "a scale with units": (lambda file: file["y"].attrs.__setitem__("units", "m"), "the scale of axis y is missing or not empty"),
    "a scale of another length": (lambda f: (f.pop("y"), f.create_dataset("y", (9,), "u1")), "the scale of axis y is missing"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
def test_forged_axes_are_found(kind: str, tmp_path: Path) -> None:
    edit, text = FORGED[kind]
    store = factorhub.generate("dsprites", tmp_path / "set", rows=30)
    forge(shards(tmp_path / "set")[0], store, edit)
    report = factorhub.verify(tmp_path / "set")
    assert report.damaged == (0,)
    assert text in report.problems[0]


def test_each_dataset_of_a_shard_can_be_asked_of_the_set(tmp_path: Path) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=30)
    with h5py.File(shards(tmp_path / "set")[0]) as file:
        assert len(file) > len(store.columns)
        for name in file:
            assert np.array_equal(file[name][:], store[name])
