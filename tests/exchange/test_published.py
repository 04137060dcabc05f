import bz2
import errno
import gzip
import io
import lzma
import pickle
import zipfile
from dataclasses import replace
from itertools import combinations

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
from factorhub.factors import categorical, continuous
from factorhub.order import Order
from factorhub.regimes.grid import Grid
from factorhub.space import FactorSpace


def tiny():
    """dSprites' factors with fewer values: 1 × 2 × 12 rows."""
    shape = categorical("shape", ["square", "heart"])
    return FactorSpace((categorical("color", ["white"]), shape, continuous("scale", 0.5, 1.0, grid=12)))


@pytest.fixture
def small(monkeypatch):
    """The known layouts with 24 rows each, and the arrays to fill them."""
    kept = ("dsprites", "shapes3d", "mpi3d")
    layouts = tuple(replace(layout, space=tiny) for layout in known.layouts() if layout.name in kept)
    monkeypatch.setattr("factorhub.exchange.published.layouts", lambda: layouts)
    rng = np.random.default_rng(0)
    codes = tiny().codes(np.arange(24))
    values = tiny().values(codes)
    return {
        "imgs": rng.integers(0, 2, (24, 64, 64), dtype=np.uint8),
        "latents_classes": codes,
        "latents_values": values + np.array([1, 1, 0]),
        "images": rng.integers(0, 256, (24, 64, 64, 3), dtype=np.uint8),
        "labels": values,
    }


def dsprites_npz(path, arrays, save=np.savez_compressed, **changes):
    parts = {name: arrays[name] for name in ("imgs", "latents_values", "latents_classes")}
    save(path, **{**parts, **changes}, metadata=np.array({"title": "dSprites"}, dtype=object))
    return path


def hdf5(path, arrays, chunks, images="imgs"):
    with h5py.File(path, "w") as file:
        options = {"chunks": chunks, "compression": "gzip"} if chunks else {}
        file.create_dataset(images, data=arrays[images], **options)
        if images == "imgs":
            file["latents/classes"], file["latents/values"] = arrays["latents_classes"], arrays["latents_values"]
        else:
            file["labels"] = arrays["labels"]
    return path


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


class Trap:
    def __reduce__(self):
        return exec, ("raise SystemError('unpickled')",)


def test_nothing_is_ever_unpickled(small, tmp_path):
    parts = {name: small[name] for name in ("imgs", "latents_values", "latents_classes")}
    trap = np.array(Trap(), dtype=object)
    np.savez(tmp_path / "a.npz", **parts, metadata=trap)
    assert len(Published(tmp_path / "a.npz")) == 24
    np.savez(tmp_path / "b.npz", **{**parts, "imgs": trap})
    with pytest.raises(InputError, match="is not dSprites, the published npz"):
        Published(tmp_path / "b.npz")


def test_links_out_of_an_hdf5_file_are_not_followed(small, tmp_path):
    hdf5(tmp_path / "real.hdf5", small, None)
    for name, target in (("soft", h5py.SoftLink("/hidden/imgs")), ("external", h5py.ExternalLink("real.hdf5", "/imgs"))):
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            file["hidden/imgs"] = small["imgs"]
            file["imgs"] = target
            file["latents/classes"], file["latents/values"] = small["latents_classes"], small["latents_values"]
        with pytest.raises(InputError, match="is not dSprites, the published HDF5|holds none of the published sets"):
            Published(tmp_path / f"{name}.hdf5")
    with h5py.File(tmp_path / "virtual.hdf5", "w") as file:
        layout = h5py.VirtualLayout((24, 64, 64), np.uint8)
        layout[:] = h5py.VirtualSource(str(tmp_path / "real.hdf5"), "imgs", (24, 64, 64))
        file.create_virtual_dataset("imgs", layout)
        file["latents/classes"], file["latents/values"] = small["latents_classes"], small["latents_values"]
    with pytest.raises(InputError, match="is not dSprites, the published HDF5"):
        Published(tmp_path / "virtual.hdf5")


def test_files_of_another_size_or_kind_are_refused(small, tmp_path):
    with pytest.raises(InputError, match=r"is not dSprites, the published npz: it has .* expected imgs \(24, 64, 64\)"):
        Published(dsprites_npz(tmp_path / "a.npz", small, imgs=small["imgs"][:23]))
    for dtype in (np.float32, np.int64):
        with pytest.raises(InputError, match=rf"is not dSprites, the published npz: .*imgs .* {np.dtype(dtype)}.* of uint8; name"):
            Published(dsprites_npz(tmp_path / "f.npz", small, imgs=small["imgs"].astype(dtype)))
    np.savez(tmp_path / "b.npz", something=np.zeros(3))
    with pytest.raises(
        InputError, match=r"none of the published sets \(dSprites, .*\): it has something \(3,\) float64; name a file"
    ):
        Published(tmp_path / "b.npz")
    (tmp_path / "c.npz").write_bytes(b"not a zip at all")
    with pytest.raises(InputError, match="is neither npz nor HDF5; name a file as it was published"):
        Published(tmp_path / "c.npz")
    with pytest.raises(InputError, match="cannot read .*nowhere.npz: No such file or directory; name a file"):
        Published(tmp_path / "nowhere.npz")


def pictures_of_nothing(path, rows):
    """An npz of so many black pictures and nothing else."""
    np.savez_compressed(path, images=np.zeros((rows, 64, 64, 3), np.uint8))
    return path


@pytest.fixture
def alike(monkeypatch):
    """Two sets of one size, and a third that is larger."""
    sizes = {"mpi3d": 24, "mpi3d_complex": 12, "mpi3d_simulated": 12, "shapes3d": 24, "dsprites": 24}

    def of(name):
        return lambda: FactorSpace((categorical(f"{name}_kind", ["a", "b"]), continuous("x", 0.0, 1.0, grid=sizes[name] // 2)))

    layouts = tuple(replace(layout, space=of(layout.name)) for layout in known.layouts() if layout.name in sizes)
    monkeypatch.setattr("factorhub.exchange.published.layouts", lambda: layouts)


def test_a_file_of_a_size_that_two_sets_share_is_asked_about(alike, tmp_path):
    path = pictures_of_nothing(tmp_path / "mpi3d.npz", 12)
    match = (
        r"may be mpi3d_complex \(.*\) or mpi3d_simulated \(.*\): .*; say which, by --layout or --set layout=, or layout= in Python"
    )
    with pytest.raises(InputError, match=match):
        Published(path)
    with pytest.raises(InputError, match=match):
        factorhub.generator("factorhub.exchange.published:published", file=str(path))
    for layout in ("mpi3d_complex", "mpi3d_simulated"):
        made = factorhub.generator("factorhub.exchange.published:published", file=str(path), layout=layout)
        assert made.space.names[0] == f"{layout}_kind"
        assert made.options == {"file": str(path), "layout": layout}
        rows = pickle.loads(pickle.dumps(Published(path, layout)))
        assert rows.layout.name == layout
    with pytest.raises(InputError, match=r"no layout named 'mpi3d_comples'; .* did you mean 'mpi3d_complex'\?"):
        Published(path, "mpi3d_comples")
    with pytest.raises(
        InputError, match=r"is not MPI3D toy, realistic or real, .*: it has images .*; it has the arrays of mpi3d_complex"
    ):
        Published(path, "mpi3d")


def test_only_sets_without_labels_share_their_arrays():
    """Every two layouts of equal arrays have equal factors, or no labels, so that the user is asked."""
    shared = [{a.name, b.name} for a, b in combinations(known.layouts(), 2) if a.arrays == b.arrays and a.space() != b.space()]
    assert shared == [{"mpi3d_complex", "mpi3d_simulated"}]


def test_a_resembling_file_is_compared_with_the_nearest_layout(alike, tmp_path):
    with pytest.raises(InputError, match=r"is not MPI3D toy, realistic or real, .*: it has images \(23, .*expected images \(24"):
        Published(pictures_of_nothing(tmp_path / "a.npz", 23))
    with pytest.raises(InputError, match=r"is not MPI3D real complex, .*: it has images \(11, .*expected images \(12"):
        Published(pictures_of_nothing(tmp_path / "b.npz", 11))
    np.savez(tmp_path / "d.npz", images=np.zeros((22, 64, 64, 3), np.uint8), labels=np.zeros((22, 2)))
    with pytest.raises(InputError, match="is not 3D Shapes"):
        Published(tmp_path / "d.npz")


def masked_crc(data):
    table = [0] * 256
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ 0x82F63B78 if c & 1 else c >> 1
        table[i] = c
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


LENGTH = (40).to_bytes(8, "little")
RECORD = LENGTH + masked_crc(LENGTH).to_bytes(4, "little") + bytes(44)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (POINTER, "is a Git LFS pointer, .*; run git lfs pull"),
        (b"\n <!DOCTYPE HTML><html>quota</html>", "is a web page .*; open it in a browser .* download"),
        (b"\xef\xbb\xbf<html lang=en>", "is a web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', r"is a text \(XML\), such as a server's error"),
        (b'{"error": "not found"}', r"is a text \(JSON\), such as a server's error"),
        (gzip.compress(b"PK\x03\x04"), "is compressed with gzip, .*; unpack it with gunzip first"),
        (bz2.compress(b"PK"), "is compressed with bzip2"),
        (lzma.compress(b"PK"), "is compressed with xz"),
        (RECORD, "is a TFRecord, .*; read it with TensorFlow"),
        (gzip.compress(RECORD * 9), "is a TFRecord compressed with gzip"),
        (pickle.dumps([1]), "is a Python pickle, .*; nothing is unpickled here"),
        (bytes(257) + b"ustar" + bytes(300), "is a tar, .*; unpack it with tar xf first"),
        (b"", "is empty, .*; download the file itself again"),
    ],
)
def test_what_a_download_left_is_named(tmp_path, content, says):
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        Published(path)
    assert "\n" not in str(caught.value)


def test_a_zip_of_the_file_is_no_npz(small, tmp_path):
    dsprites_npz(tmp_path / "d.npz", small)
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.write(tmp_path / "d.npz", "folder/d.npz")
    with pytest.raises(InputError, match=r"d.zip is a zip that holds d.npz; unpack it and name that file"):
        Published(tmp_path / "d.zip")


def test_wrong_labels_are_found(small, tmp_path):
    codes = small["latents_classes"].copy()
    codes[[3, 4]] = codes[[4, 3]]
    with pytest.raises(StoreError, match=r"row 3 has the labels \[0, 0, 4\] where the grid has \[0, 0, 3\]; get the file again"):
        Published(dsprites_npz(tmp_path / "a.npz", small, latents_classes=codes))
    with pytest.raises(StoreError, match=r"row 0 has the labels \[0.0, 0.0, 0.5\] where the grid has \[1.0, 1.0, 0.5\]"):
        Published(dsprites_npz(tmp_path / "b.npz", small, latents_values=small["labels"]))


def test_damaged_files_are_one_line(small, tmp_path):
    whole = dsprites_npz(tmp_path / "a.npz", small).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="cut.npz is damaged: .*; get the file again"):
        Published(tmp_path / "cut.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        at = archive.getinfo("imgs.npy").header_offset + 2000
    flipped = bytearray(whole)
    flipped[at] ^= 64
    (tmp_path / "flip.npz").write_bytes(flipped)
    with pytest.raises(StoreError, match="flip.npz is damaged: .*; get the file again"):
        Published(tmp_path / "flip.npz").read([0])
    whole = hdf5(tmp_path / "a.hdf5", small, (4, 64, 64)).read_bytes()
    (tmp_path / "cut.hdf5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="cut.hdf5 is damaged: .*; get the file again"):
        Published(tmp_path / "cut.hdf5")


def test_a_lying_size_takes_no_memory(small, tmp_path):
    """The head promises more rows than there are bytes, and a chunk holds what no memory does."""
    small_file = dsprites_npz(tmp_path / "a.npz", small)
    with zipfile.ZipFile(small_file) as archive, zipfile.ZipFile(tmp_path / "lie.npz", "w", zipfile.ZIP_DEFLATED) as lie:
        for name in archive.namelist():
            content = archive.read(name)
            lie.writestr(name, content[:-5000] if name == "imgs.npy" else content)
    with pytest.raises(StoreError, match="lie.npz is damaged: it ends too early"):
        Published(tmp_path / "lie.npz").read([0])
    with h5py.File(tmp_path / "chunk.hdf5", "w") as file:
        file.create_dataset("imgs", (24, 64, 64), np.uint8, maxshape=(None, 64, 64), chunks=(300_000, 64, 64), compression="gzip")
        file["latents/classes"], file["latents/values"] = small["latents_classes"], small["latents_values"]
    with pytest.raises(StoreError, match="has chunks of 1171 MiB in /imgs, more than fit; repack it with smaller ones"):
        Published(tmp_path / "chunk.hdf5").read([0])


def test_no_room_to_unpack_names_the_folder(small, tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, block):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("factorhub.exchange.members.tempfile.TemporaryFile", lambda dir: Full())
    with pytest.raises(StoreError, match="cannot unpack into .*: No space left on device; set TMPDIR to a folder with 0.0 GB free"):
        Published(dsprites_npz(tmp_path / "d.npz", small))


HEADS = (
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 64)}", "{'descr': '|u1', 'fortran_order': False, 'shape': (10**30,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999,)}", "(" * 500, "{" + "'" * 3, "[]", "", "9" * 6000,
    "{'descr': '|u1', 'fortran_order': None, 'shape': None}", "{'descr': 5, 'fortran_order': 0, 'shape': 3}", "\x00" * 50,
    "{'descr': '|O', 'fortran_order': False, 'shape': ()}", "{'descr': '|u1', 'fortran_order': False, 'shape': (True,)}",
)  # fmt: skip


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
@pytest.mark.parametrize("version", [1, 2, 9])
def test_a_head_of_an_array_that_is_none_ends_in_one_line(head: str, version: int, tmp_path) -> None:
    text = head.encode("latin-1") + b"\n"
    content = b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("imgs.npy", content)
    with pytest.raises((InputError, StoreError)) as caught:
        Published(tmp_path / "x.npz")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1300
