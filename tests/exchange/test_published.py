"""None"""

from __future__ import annotations

import pickle

import h5py
import numpy as np
import pytest

import factorhub
from factorhub.build.rendered import Sampled
from factorhub.dmelodies.published import arrays as published_melodies
from factorhub.dmelodies.reader import read_factors
from factorhub.errors import InputError, StoreError
from factorhub.exchange import layouts as known
from factorhub.exchange.formats import export
from factorhub.exchange.published import Published, published
from factorhub.order import Order
from factorhub.regimes.grid import Grid
from tests.exchange.published_files import dsprites_npz, hdf5


def test_the_layouts_have_the_published_sizes():
    found = {layout.name: layout for layout in known.layouts()}
    assert found["dsprites"].arrays["imgs"] == (737_280, 64, 64)
    assert found["shapes3d"].arrays == {"images": (480_000, 64, 64, 3), "labels": (480_000, 6)}
    assert found["mpi3d"].arrays == {"images": (1_036_800, 64, 64, 3)}
    assert found["mpi3d_complex"].arrays == {"images": (460_800, 64, 64, 3)}
    assert found["dmelodies"].arrays == {"score_array": (1_354_752, 16), "latent_array": (1_354_752, 9)}
    assert found["mpi3d"].space().sizes == (6, 6, 2, 3, 3, 40, 40)
    assert found["mpi3d_complex"].space().sizes == (4, 4, 2, 3, 3, 40, 40)
    assert found["shapes3d"].space().sizes == (10, 10, 10, 8, 4, 15)
    assert found["dsprites"].space() == factorhub.generator("dsprites").space
    assert found["dmelodies"].space() == factorhub.generator("dmelodies").space


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_dsprites_npz_is_a_source_with_labels(small, tmp_path, save):
    rows = Published(dsprites_npz(tmp_path / "d.npz", small, save))
    assert rows.layout.name == "dsprites"
    assert len(rows) == 24
    assert [c.name for c in rows.columns] == ["index", "color", "shape", "scale", "scale_value", "image"]
    batch = rows.read([17, 3, 3, -1])
    assert np.array_equal(batch["image"], small["imgs"][[17, 3, 3, 23]])
    assert batch["index"].tolist() == [17, 3, 3, 23]
    assert batch["shape"].tolist() == [1, 0, 0, 1]
    assert batch["scale_value"].tolist() == small["latents_values"][[17, 3, 3, 23], 2].tolist()
    assert {column.name: (column.dtype, column.shape) for column in rows.columns} == {
        name: (array.dtype.name, array.shape[1:]) for name, array in batch.items()
    }
    assert rows.read(5, ["shape"])["shape"].shape == ()


@pytest.mark.parametrize("chunks", [None, (7, 64, 64), (24, 2, 4)])
def test_hdf5_files_are_read_whatever_their_chunks(small, tmp_path, chunks):
    rows = Published(hdf5(tmp_path / "d.hdf5", small, chunks))
    assert np.array_equal(rows.read([20, 1], ["image"])["image"], small["imgs"][[20, 1]])
    shapes = Published(hdf5(tmp_path / "s.h5", small, chunks and (*chunks, 3), images="images"))
    assert shapes.layout.name == "shapes3d"
    assert np.array_equal(shapes.read(np.arange(24), ["image"])["image"], small["images"])
    assert shapes.read([23])["shape"].tolist() == [1]


def test_mpi3d_has_pictures_only_and_its_labels_come_from_the_order(small, tmp_path):
    np.savez(tmp_path / "m.npz", images=small["images"])
    rows = Published(tmp_path / "m.npz")
    assert rows.layout.name == "mpi3d"
    assert np.array_equal(rows.read([4, 2])["image"], small["images"][[4, 2]])
    assert rows.read([13])["scale"].tolist() == [1]


def test_a_full_dsprites_hdf5_is_recognised_by_its_size_and_labels(tmp_path):
    space = factorhub.generator("dsprites").space
    codes = space.codes(np.arange(737_280))
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file.create_dataset("imgs", (737_280, 64, 64), np.uint8, chunks=(64, 64, 64))  # nothing is stored yet: all zeros
        file["latents/classes"], file["latents/values"] = codes, space.values(codes) + np.array([1, 1, 0, 0, 0, 0])
    rows = Published(tmp_path / "d.hdf5")
    assert rows.space == space
    assert rows.read([737_279], ["posY", "shape"]) == {"posY": 31, "shape": 2}
    with h5py.File(tmp_path / "d.hdf5", "r+") as file:
        file["latents/classes"][500_000, 3] += 1
    with pytest.raises(StoreError, match=r"row 500000 has the labels .* where the grid has .*; get the file again"):
        Published(tmp_path / "d.hdf5")


@pytest.fixture(scope="module")
def melodies_file(tmp_path_factory):
    """A file as the original code makes it: tokens are numbered in the order of first use, here a random one."""
    melodies = factorhub.generator("dmelodies")
    codes = melodies.space.codes(np.arange(1_354_752))
    tokens = melodies.render(melodies.space.values(codes), check=False)["tokens"]
    theirs = np.random.default_rng(1).permutation(52)
    members = published_melodies(tokens, codes)
    members["score_array"] = theirs.astype(np.int32)[tokens]
    path = tmp_path_factory.mktemp("melodies") / "dMelodies_dataset.npz"
    np.savez(path, **members)
    return path, members


def test_melodies_are_translated_whatever_the_numbers_of_their_tokens(melodies_file):
    path, members = melodies_file
    rows = Published(path)
    some = np.array([1_354_751, 0, 77_777])
    batch = rows.read(some)
    assert np.array_equal(read_factors(batch["tokens"]), members["latent_array"][some])
    assert batch["arp_chord4"].tolist() == members["latent_array"][some, 8].tolist()


def test_a_wrong_melody_is_found(melodies_file, tmp_path):
    _, members = melodies_file
    wrong = members["score_array"].copy()
    wrong[900_000, 3] = wrong[900_000, 4]
    np.savez(tmp_path / "w.npz", **{**members, "score_array": wrong})
    with pytest.raises(StoreError, match="row 900000 is not the melody of its factors; get the file again"):
        Published(tmp_path / "w.npz")


def test_what_is_exported_can_be_imported(small, tmp_path):
    rows = Published(dsprites_npz(tmp_path / "a.npz", small))
    for to, name in (("npz", "b.npz"), ("hdf5", "b.hdf5")):
        again = Published(export(rows, to, tmp_path / name))
        assert np.array_equal(again.read(np.arange(24))["image"], small["imgs"])
    shapes = Published(hdf5(tmp_path / "s.h5", small, None, images="images"))
    again = Published(export(shapes, "shapes3d", tmp_path / "t.h5"))
    assert np.array_equal(again.read(np.arange(24))["image"], small["images"])


def test_a_file_is_a_generator_that_the_store_takes(small, tmp_path):
    path = dsprites_npz(tmp_path / "d.npz", small)
    made = factorhub.generator("factorhub.exchange.published:published", file=str(path))
    assert made.options == {"file": str(path), "layout": ""}
    stored = factorhub.generate(made.name, tmp_path / "set", file=str(path), splits={"train": 0.5, "test": 0.5})
    assert np.array_equal(stored["image"], small["imgs"][stored["index"]])
    assert stored.lookup(shape="heart", scale=1.0).tolist() == np.flatnonzero(stored["index"] == 23).tolist()
    same = Sampled(Published(path).generator(), Grid(), 0, Order("natural", 24, (24,), 0)).read(np.arange(24))
    assert np.array_equal(same["image"], small["imgs"])
    with pytest.raises(InputError, match="scale = 0.51 is not on its grid of 12 values"):
        made.render([0, 0, 0.51])
    with pytest.raises(InputError, match="named by the option file; none was given: add --set file=PATH"):
        published()


def test_a_source_pickles_as_its_path_and_serves_threads(small, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    rows = pickle.loads(pickle.dumps(Published(dsprites_npz(tmp_path / "d.npz", small))))
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda row: rows.read(row % 24, ["image"])["image"], range(96)))
    assert np.array_equal(np.stack(read), np.tile(small["imgs"], (4, 1, 1)))
