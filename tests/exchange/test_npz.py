import hashlib
import io
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import factorhub
from factorhub.dmelodies.published import dictionaries
from factorhub.errors import InputError
from factorhub.exchange.formats import export
from factorhub.exchange.npz import metadata
from factorhub.exchange.table import Table


@pytest.fixture(scope="module")
def file(sprites, tmp_path_factory):
    return export(sprites, "npz", tmp_path_factory.mktemp("npz") / "dsprites.npz", title="sprites")


def test_dsprites_loads_with_the_calls_of_its_readers(file, sprites):
    data = np.load(file, encoding="latin1", allow_pickle=True)
    assert sorted(data.files) == ["imgs", "latents_classes", "latents_values", "metadata"]
    assert (data["imgs"].shape, data["imgs"].dtype) == ((3000, 64, 64), np.uint8)
    assert (data["latents_values"].shape, data["latents_values"].dtype) == ((3000, 6), np.float64)
    assert (data["latents_classes"].shape, data["latents_classes"].dtype) == ((3000, 6), np.int64)
    about = data["metadata"][()]
    assert about["title"] == "sprites"
    assert about["latents_names"] == ("color", "shape", "scale", "orientation", "posX", "posY")
    assert np.array(about["latents_sizes"], dtype=np.int64).tolist() == [1, 3, 6, 40, 32, 32]
    possible = about["latents_possible_values"]
    assert possible["color"].tolist() == [1.0]
    assert possible["shape"].tolist() == [1.0, 2.0, 3.0]
    assert possible["scale"].tolist() == np.linspace(0.5, 1, 6).tolist()
    assert possible["orientation"].tolist() == np.linspace(0, 2 * np.pi, 40).tolist()
    assert possible["posY"].tolist() == np.linspace(0, 1, 32).tolist()


def test_rows_are_in_grid_order_and_labels_are_those_of_the_pictures(file, sprites):
    data = np.load(file)
    classes = data["latents_classes"]
    rows = classes @ np.array([737280, 245760, 40960, 1024, 32, 1])
    assert (np.diff(rows) > 0).all()
    made = factorhub.generator("dsprites")
    assert np.array_equal(data["imgs"], made.render(made.space.values(classes))["image"])
    values = made.space.values(classes)
    values[:, :2] += 1
    assert np.array_equal(data["latents_values"], values)


def test_objects_are_pickled_for_numpy_of_any_age(file):
    with zipfile.ZipFile(file) as archive:
        content = archive.read("metadata.npy")
    named = set()

    class Names(pickle.Unpickler):
        def find_class(self, module, name):
            named.add(module)
            return super().find_class(module, name)

    pickled = content[content.index(b"\n") + 1 :]
    assert pickled[:2] == b"\x80\x02", "protocol 2 is what every Python reads"
    Names(io.BytesIO(pickled)).load()
    assert named <= {"numpy.core.multiarray", "numpy", "_codecs"}, "NumPy 1 has no numpy._core"


def test_equal_sets_give_equal_files_whatever_the_blocks(file, sprites, tmp_path, monkeypatch):
    monkeypatch.setattr("factorhub.exchange.table.BLOCK_BYTES", 300_000)
    again = export(sprites, "npz", tmp_path / "again.npz", title="sprites")
    with zipfile.ZipFile(file) as a, zipfile.ZipFile(again) as b:
        assert [(i.filename, i.CRC, i.date_time) for i in a.infolist()] == [(i.filename, i.CRC, i.date_time) for i in b.infolist()]
    twice = export(sprites, "npz", tmp_path / "twice.npz", title="sprites")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(twice.read_bytes()).digest()


def test_memory_holds_one_block(sprites, monkeypatch):
    monkeypatch.setattr("factorhub.exchange.table.BLOCK_BYTES", 100 * 4096)
    assert [len(batch["image"]) for batch in Table(sprites).blocks(["image"])] == [100] * 30
    assert [len(batch["image"]) for batch in Table(sprites).blocks(["image"], multiple=64)] == [128] * 23 + [56]


def test_melodies_go_into_their_own_layout(tunes, tmp_path):
    test = factorhub.open(tunes.folder, split="test")
    data = np.load(export(test, "npz", tmp_path / "dMelodies_dataset.npz"), allow_pickle=True)
    assert list(data.files) == ["score_array", "latent_array", "note2index_dict", "index2note_dict", "latent_dicts", "metadata"]
    assert (data["score_array"].dtype, data["latent_array"].dtype) == (np.int32, np.int32)
    assert data["note2index_dict"].item()["C4"] == 2
    melodies = factorhub.generator("dmelodies")
    assert len(data["score_array"]) == len(test) == 135_476
    right = melodies.render(melodies.space.values(data["latent_array"]), check=False)["tokens"]
    assert np.array_equal(data["score_array"], right)
    assert data["latent_dicts"].item()["scale"] == {0: "major", 1: "minor", 2: "blues"}


def test_sets_that_do_not_fit_are_refused(scenes, pairs, tmp_path, tunes):
    with pytest.raises(InputError, match=r"format npz holds one picture a row, this set has image \(2, 4, 6\); parquet takes any"):
        export(pairs, "npz", tmp_path / "x.npz")
    moved = tuple(replace(column, dims=("y", "x"), shape=(4, 6)) if column.name == "image" else column for column in pairs.columns)
    with pytest.raises(InputError, match="format npz holds single rows, this set has a pair in each; parquet takes any set"):
        export(type(pairs)(pairs.space, moved, pairs.arrays), "npz", tmp_path / "x.npz")
    dull = type(scenes)(scenes.space, tuple(c for c in scenes.columns if c.name not in ("image", "mask")), scenes.arrays)
    with pytest.raises(InputError, match=r"format npz holds one picture a row, this set has objects \(2, 7\)"):
        export(dull, "npz", tmp_path / "x.npz")
    loose = type(scenes)(scenes.space.without_grid(["x"]), tuple(c for c in scenes.columns if c.name != "x"), scenes.arrays)
    with pytest.raises(InputError, match="format npz holds the class of every factor, and x has no grid; parquet takes any set"):
        export(loose, "npz", tmp_path / "x.npz")
    assert list(tmp_path.iterdir()) == []


def test_the_metadata_has_the_keys_of_the_originals(monkeypatch):
    """dSprites' date and author only where the rows are its own; dMelodies' date is called `data` there."""
    keys = {"title", "description", "version", "date", "author", "latents_names", "latents_sizes", "latents_possible_values"}
    whole = Table(factorhub.recipe("dsprites").source())
    found = metadata(whole)
    assert set(found) == keys
    assert (found["date"], found["author"], found["version"]) == ("April 2017", "lmatthey@google.com", 1)
    other = metadata(Table(factorhub.recipe("dsprites", grid="clean").source()))
    assert set(other) == keys
    assert (other["date"], other["author"]) == ("", "")
    part = metadata(Table(factorhub.recipe("dsprites", rows=10).source()))
    assert part["author"] == ""
    melodies = dictionaries()["metadata"]
    assert list(melodies) == ["title", "description", "version", "authors", "data", "latents_names"]
    assert melodies["authors"].count("@gatech.edu") == 3
