import h5py
import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.exchange.formats import export


@pytest.fixture(scope="module")
def file(scenes, tmp_path_factory):
    return export(scenes, "objects", tmp_path_factory.mktemp("scenes") / "squares-full.hdf5")


def test_the_file_has_the_arrays_that_the_library_reads(file, scenes):
    """The library takes shapes as (n, slots, 1), with the background in slot 0, and one-hot encodes the mask."""
    order = np.argsort(scenes.arrays["index"])
    table = scenes.arrays["objects"][order]
    with h5py.File(file, "r") as read:
        data = {name: read[name] for name in read}
        assert set(data) == {"image", "mask", "visibility", "num_actual_objects", "shape", "x", "scale", "color"}
        assert np.array_equal(data["image"][:], scenes.arrays["image"][order])
        assert data["mask"].shape == (300, 12, 12, 1)
        assert np.array_equal(data["mask"][..., 0], scenes.arrays["mask"][order])
        assert data["mask"][:].max() < data["visibility"].shape[1] == 3
        assert np.array_equal(data["visibility"][..., 0], np.concatenate([np.ones((300, 1)), table[..., 0]], axis=1))
        assert np.array_equal(data["num_actual_objects"][:, 0], table[..., 0].sum(axis=1))
        assert data["shape"].dtype == np.uint8
        assert np.array_equal(data["shape"][:, 1:, 0], table[..., 1])
        assert np.array_equal(data["scale"][:, 1:, 0], table[..., 3].astype(np.float32))
        assert np.array_equal(data["x"][:, 1:, 0], table[..., 2])
        assert np.array_equal(data["color"][:, 1:], table[..., 4:].astype(np.float32))
        assert not data["x"][:, 0].any()


def test_the_metadata_beside_it_says_what_each_feature_is(file, scenes):
    about = np.load(file.with_name("squares-metadata.npy"), allow_pickle=True).item()
    assert about["self.dataset"] == {"type": "dataset_property", "num_samples": 300}
    assert about["visibility"]["type"] == "categorical"
    assert (about["shape"]["type"], about["shape"]["num_categories"]) == ("categorical", 3)
    assert about["shape"]["labels"] == ["square", "heart", "disc"]
    table = scenes.arrays["objects"]
    there = table[table[..., 0] == 1]
    for column, name in ((2, "x"), (3, "scale")):
        assert (about[name]["type"], about[name]["shape"]) == ("numerical", (3, 1))
        assert about[name]["mean"] == pytest.approx([there[:, column].mean()])
        assert about[name]["var"] == pytest.approx([there[:, column].var()])
    assert about["color"]["shape"] == (3, 3)
    assert about["color"]["mean"] == pytest.approx(there[:, 4:].mean(axis=0))


def test_blocks_make_no_difference(file, scenes, tmp_path, monkeypatch):
    monkeypatch.setattr("factorhub.exchange.table.BLOCK_BYTES", 3000)
    monkeypatch.setattr("factorhub.exchange.hdf5.CHUNK_BYTES", 11 * 432)
    again = export(scenes, "objects", tmp_path / "squares-full.hdf5")
    with h5py.File(file, "r") as a, h5py.File(again, "r") as b:
        assert all(np.array_equal(a[name][:], b[name][:]) for name in a)


def test_sets_without_objects_are_refused(sprites, tmp_path):
    with pytest.raises(InputError, match="format objects holds scenes with an instance map and an object table, this set has none"):
        export(sprites, "objects", tmp_path / "x.hdf5")
    assert list(tmp_path.iterdir()) == []


def test_a_room_has_sky_floor_and_two_walls_before_its_objects(tmp_path):
    rooms = factorhub.generate("objects_room", tmp_path / "rooms", rows=40, depth=True)
    file = export(rooms, "objects", tmp_path / "rooms-full.hdf5")
    order = np.argsort(rooms["index"])
    mine, depth, image = rooms["mask"][order], rooms["depth"][order], rooms["image"][order]
    with h5py.File(file) as read:
        mask, visibility = read["mask"][..., 0], read["visibility"][..., 0]
        assert read["shape"].shape == (*visibility.shape[:2], 1) == (40, 7, 1)
        assert np.array_equal(read["num_actual_objects"][:, 0], visibility[:, 4:].sum(axis=1))
        assert not read["x"][:, :4].any() if "x" in read else True
    assert np.array_equal(mask >= 4, mine > 0)
    assert np.array_equal(mask[mine > 0], mine[mine > 0] + 3)
    assert np.array_equal(mask == 0, np.isinf(depth))  # the sky, and nothing else, is endless
    assert (image[mask == 0].mean(axis=0) == pytest.approx([153, 226, 249], abs=4)) if (mask == 0).any() else True
    assert (visibility[:, :3] == 1).all()
    assert np.array_equal(visibility[:, 3] == 1, (mask == 3).any(axis=(1, 2)))
    angle = rooms["orientation_value"][order]
    assert not (mask[np.abs(angle) < 1] == 3).any()  # straight ahead only the far wall
    for k in range(40):  # a surface is of one hue: the floor's rows are below the walls' in each column
        for x in range(0, 64, 7):
            column = mask[k, :, x][mask[k, :, x] < 4]
            rank = np.array([0, 2, 1, 1])[column]
            assert (np.diff(rank) >= 0).all()
