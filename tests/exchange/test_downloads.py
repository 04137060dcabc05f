"""What a failed download left in a file's place is named."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import pickle
import zipfile

import h5py
import numpy as np
import pytest

from factorhub.errors import InputError, StoreError
from factorhub.exchange.published import Published
from tests.exchange.published_files import dsprites_npz, hdf5


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
        (gzip.compress(b"PK\x03\x04", mtime=0), "is compressed with gzip, .*; unpack it with gunzip first"),
        (bz2.compress(b"PK"), "is compressed with bzip2"),
        (lzma.compress(b"PK"), "is compressed with xz"),
        (RECORD, "is a TFRecord, .*; read it with TensorFlow"),
        (gzip.compress(RECORD * 9, mtime=0), "is a TFRecord compressed with gzip"),
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
