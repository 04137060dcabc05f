import json
import tarfile

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.exchange.formats import export
from factorhub.factors import ordinal
from factorhub.fields import Field
from factorhub.source import columns_of
from factorhub.space import FactorSpace


def load(path, **options):
    import datasets

    return datasets.load_dataset("parquet", data_files=str(path), split="train", **options)


@pytest.mark.usefixtures("hf_cache")
def test_hugging_face_reads_pictures_and_class_labels(sprites, tmp_path):
    import datasets

    test = factorhub.open(sprites.folder, split="test")
    read = load(export(test, "parquet", tmp_path / "test.parquet"))
    assert len(read) == len(test)
    assert isinstance(read.features["image"], datasets.Image)
    assert read.features["shape"].names == ["square", "ellipse", "heart"]
    assert read.features["scale"].dtype == "uint8"
    assert read.features["scale_value"].dtype == "float64"
    for row in (0, 17, len(test) - 1):
        ours = test.read(row)
        theirs = read[row]
        assert np.array_equal(np.asarray(theirs["image"]), 255 * ours["image"])
        assert {name: theirs[name] for name in ("index", "shape", "posX")} == {n: int(ours[n]) for n in ("index", "shape", "posX")}
        assert theirs["orientation_value"] == ours["orientation_value"]


@pytest.mark.usefixtures("hf_cache")
def test_streaming_gives_the_same_rows(sprites, tmp_path):
    test = factorhub.open(sprites.folder, split="test")
    stream = load(export(test, "parquet", tmp_path / "test.parquet"), streaming=True)
    first = next(iter(stream))
    assert np.array_equal(np.asarray(first["image"]), 255 * test.read(0)["image"])
    assert [row["index"] for row in stream] == test["index"].tolist()


@pytest.mark.usefixtures("hf_cache")
def test_pairs_become_lists(pairs, tmp_path):
    read = load(export(pairs, "parquet", tmp_path / "pairs.parquet"))
    assert read.features["kind"].feature.names == ["a", "b"]
    row = read[3]
    assert [np.asarray(image).tolist() for image in row["image"]] == pairs.arrays["image"][3].tolist()
    assert row["x_value"] == pairs.arrays["x_value"][3].tolist()
    assert row["changed"] == pairs.arrays["changed"][3].tolist()


@pytest.mark.usefixtures("hf_cache")
def test_tables_masks_and_tokens_keep_their_shape(scenes, tunes, tmp_path):
    read = load(export(scenes, "parquet", tmp_path / "scenes.parquet"))
    assert np.array_equal(np.asarray(read[5]["objects"]), scenes.arrays["objects"][5])
    assert np.array_equal(np.asarray(read[5]["mask"]), scenes.arrays["mask"][5])
    assert np.array_equal(read.with_format("numpy", dtype="float64")["objects"][:], scenes.arrays["objects"])
    test = factorhub.open(tunes.folder, split="test")
    few = type(scenes)(test.space, test.columns, test.read(np.arange(2500)))
    melodies = load(export(few, "parquet", tmp_path / "tunes.parquet"))
    assert np.array_equal(np.array(melodies.with_format("arrow")["tokens"].combine_chunks().to_pylist()), few.arrays["tokens"])
    assert melodies.features["tonic"].names[1] == "C#"


def test_row_groups_hold_a_thousand_rows(sprites, tmp_path):
    import pyarrow.parquet

    about = pyarrow.parquet.ParquetFile(export(sprites, "parquet", tmp_path / "x.parquet")).metadata
    assert [about.row_group(i).num_rows for i in range(about.num_row_groups)] == [1000, 1000, 1000]


def test_arrays_of_more_than_five_dimensions_are_refused(scenes, tmp_path):
    space = FactorSpace((ordinal("a", [0, 1]),))
    columns = columns_of(space, [Field("deep", "float32", (1, 1, 1, 1, 1, 2), ("a", "b", "c", "d", "e", "f"))])
    arrays = {"index": np.arange(2), "a": np.arange(2, dtype=np.uint8), "deep": np.zeros((2, 1, 1, 1, 1, 1, 2), np.float32)}
    with pytest.raises(InputError, match="format parquet holds arrays of up to 5 dimensions; deep has shape"):
        export(type(scenes)(space, columns, arrays), "parquet", tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_whole_set_says_the_split_of_each_row(tmp_path, monkeypatch):
    """In Parquet and in WebDataset; a single split, or a set of one, has nothing to say."""
    monkeypatch.setattr("factorhub.exchange.table.BLOCK_ROWS", 7)
    store = factorhub.generate("dsprites", tmp_path / "set", rows=50, splits={"train": 0.8, "test": 0.2})
    wanted = ["train"] * 40 + ["test"] * 10
    found = datasets.load_dataset(
        "parquet", data_files=str(export(store, "parquet", tmp_path / "a.parquet")), cache_dir=str(tmp_path / "hf"), split="train"
    )
    assert found.features["split"].names == ["train", "test"]
    assert found.features["split"].int2str(found["split"][:]) == wanted
    assert found["index"][:] == store["index"].tolist()
    with tarfile.open(export(store, "webdataset", tmp_path / "a.tar")) as tar:
        facts = [json.loads(tar.extractfile(name).read()) for name in tar.getnames() if name.endswith(".json")]
    assert [item["split"] for item in facts] == wanted
    one = pq.read_schema(export(factorhub.open(store.folder, "test"), "parquet", tmp_path / "b.parquet")).names
    assert "split" not in one
    plain = factorhub.generate("dsprites", tmp_path / "plain", rows=5)
    assert "split" not in pq.read_schema(export(plain, "parquet", tmp_path / "c.parquet")).names
