import h5py
import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.exchange.formats import export


def test_dsprites_hdf5_has_the_published_datasets(sprites, tmp_path):
    with h5py.File(export(sprites, "hdf5", tmp_path / "dsprites.hdf5"), "r") as file:
        images, classes, values = file["imgs"], file["latents"]["classes"], file["latents"]["values"]
        assert (images.shape, images.dtype) == ((3000, 64, 64), np.uint8)
        assert (classes.shape, classes.dtype, values.shape, values.dtype) == ((3000, 6), np.int64, (3000, 6), np.float64)
        assert images.compression == "gzip"
        made = factorhub.generator("dsprites")
        found = made.space.values(classes[:])
        assert np.array_equal(images[:], made.render(found)["image"])
        found[:, :2] += 1
        assert np.array_equal(values[:], found)
        assert (np.diff(made.space.rows(classes[:])) > 0).all()


def test_shapes3d_h5_has_the_published_datasets(scenes, tmp_path):
    with h5py.File(export(scenes, "shapes3d", tmp_path / "3dshapes.h5"), "r") as file:
        assert set(file) == {"images", "labels"}
        order = np.argsort(scenes.arrays["index"])
        assert (file["images"].shape, file["images"].dtype) == ((300, 12, 12, 3), np.uint8)
        assert np.array_equal(file["images"][:], scenes.arrays["image"][order])
        assert file["labels"].dtype == np.float64
        wanted = np.stack([scenes.arrays[name] for name in ("count", "x_value", "seed")], axis=1)[order]
        assert np.array_equal(file["labels"][:], wanted)


def test_a_factor_without_a_grid_still_has_a_label(scenes, tmp_path):
    loose = type(scenes)(scenes.space.without_grid(["x"]), tuple(c for c in scenes.columns if c.name != "x"), scenes.arrays)
    with h5py.File(export(loose, "shapes3d", tmp_path / "x.h5"), "r") as file:
        assert (file["labels"][:, 1] == 4.0).all()
    with pytest.raises(InputError, match="format hdf5 holds the class of every factor, and x has no grid"):
        export(loose, "hdf5", tmp_path / "y.h5")


def test_blocks_and_chunks_make_no_difference(sprites, tmp_path, monkeypatch):
    monkeypatch.setattr("factorhub.exchange.table.BLOCK_BYTES", 300_000)
    monkeypatch.setattr("factorhub.exchange.hdf5.CHUNK_BYTES", 7 * 4096)
    small = export(sprites, "hdf5", tmp_path / "small.hdf5")
    monkeypatch.undo()
    whole = export(sprites, "hdf5", tmp_path / "whole.hdf5")
    with h5py.File(small, "r") as a, h5py.File(whole, "r") as b:
        assert a["imgs"].chunks == (7, 64, 64)
        assert all(np.array_equal(a[name][:], b[name][:]) for name in ("imgs", "latents/classes", "latents/values"))


def test_pictures_that_do_not_compress_are_stored_raw(scenes, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, scenes.arrays["image"].shape, dtype=np.uint8)
    noisy = type(scenes)(scenes.space, scenes.columns, {**scenes.arrays, "image": noise})
    with h5py.File(export(noisy, "shapes3d", tmp_path / "noise.h5"), "r") as file:
        assert file["images"].compression is None
        assert np.array_equal(file["images"][:], noise[np.argsort(scenes.arrays["index"])])
