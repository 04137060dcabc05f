import io
import json
import tarfile
import warnings

import numpy as np
import pytest
from PIL import Image

import factorhub
from factorhub.errors import InputError
from factorhub.exchange.formats import export


@pytest.fixture(scope="module")
def test_split(sprites):
    return factorhub.open(sprites.folder, split="test")


@pytest.fixture(scope="module")
def tar(test_split, tmp_path_factory):
    return export(test_split, "webdataset", tmp_path_factory.mktemp("tar") / "test.tar")


def test_samples_are_pictures_with_their_factors(tar, test_split):
    with tarfile.open(tar) as archive:
        names = archive.getnames()
        assert names[:2] == [f"{test_split['index'][0]:010d}.png", f"{test_split['index'][0]:010d}.json"]
        assert len(names) == 2 * len(test_split)
        first = archive.getmembers()[0]
        assert (first.mtime, first.uid, first.uname, first.mode, first.isfile()) == (0, 0, "", 0o644, True)
        for row in (0, len(test_split) - 1):
            ours = test_split.read(row)
            key = f"{ours['index']:010d}"
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(archive.extractfile(f"{key}.png").read()))), 255 * ours["image"])
            facts = json.loads(archive.extractfile(f"{key}.json").read())
            assert facts["index"] == ours["index"]
            assert facts["shape_label"] == ("square", "ellipse", "heart")[ours["shape"]]
            assert (facts["posX"], facts["posX_value"]) == (ours["posX"], ours["posX_value"])


def test_webdataset_reads_it(tar, test_split):
    webdataset = pytest.importorskip("webdataset")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the tar open
        read = list(webdataset.WebDataset(str(tar), shardshuffle=False).decode("rgb8").to_tuple("__key__", "png", "json"))
    assert [int(key) for key, _, _ in read] == test_split["index"].tolist()
    assert np.array_equal(read[4][1][..., 0], 255 * test_split.read(4)["image"])
    assert read[4][2]["scale"] == test_split["scale"][4]


@pytest.mark.usefixtures("hf_cache")
def test_hugging_face_reads_it(tar, test_split):
    import datasets

    read = datasets.load_dataset("webdataset", data_files=str(tar), split="train")
    assert len(read) == len(test_split)
    assert np.array_equal(np.asarray(read[7]["png"]), 255 * test_split.read(7)["image"])
    assert read[7]["json"]["orientation"] == test_split["orientation"][7]


def test_further_observations_are_files_named_after_them(scenes, tmp_path):
    with tarfile.open(export(scenes, "webdataset", tmp_path / "x.tar")) as archive:
        key = f"{scenes.arrays['index'][2]:010d}"
        assert archive.getnames()[8:12] == [f"{key}.png", f"{key}.mask.png", f"{key}.objects.npy", f"{key}.json"]
        mask = np.asarray(Image.open(io.BytesIO(archive.extractfile(f"{key}.mask.png").read())))
        assert np.array_equal(mask, scenes.arrays["mask"][2])
        assert np.array_equal(np.load(io.BytesIO(archive.extractfile(f"{key}.objects.npy").read())), scenes.arrays["objects"][2])


def test_pairs_and_melodies_are_arrays(pairs, tunes, tmp_path):
    with tarfile.open(export(pairs, "webdataset", tmp_path / "x.tar")) as archive:
        assert np.array_equal(np.load(io.BytesIO(archive.extractfile("0000000003.npy").read())), pairs.arrays["image"][3])
        facts = json.loads(archive.extractfile("0000000003.json").read())
        assert facts["kind_label"] == ["a", "b"]
        assert facts["changed"] == pairs.arrays["changed"][3].tolist()


def test_equal_sets_give_equal_files(tar, test_split, tmp_path):
    assert export(test_split, "webdataset", tmp_path / "again.tar").read_bytes() == tar.read_bytes()


def test_names_that_no_tar_holds_are_refused(scenes, tmp_path):
    from dataclasses import replace

    long = "m" * 90
    columns = tuple(replace(column, name=long) if column.name == "mask" else column for column in scenes.columns)
    with pytest.raises(InputError, match="format webdataset takes columns of up to 80 letters, 'mmm"):
        export(
            type(scenes)(scenes.space, columns, {**scenes.arrays, long: scenes.arrays["mask"]}), "webdataset", tmp_path / "x.tar"
        )
