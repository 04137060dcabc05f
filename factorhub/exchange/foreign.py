"""What a file is that is not what was expected: the things that downloads leave in a data set's place."""

from __future__ import annotations

import zlib

AGAIN = "download the file itself again"
PACKED = {
    b"\x1f\x8b": ("gzip", "unpack it with gunzip"),
    b"BZh": ("bzip2", "unpack it with bunzip2"),
    b"\xfd7zXZ\0": ("xz", "unpack it with unxz"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unpack it with unzstd"),
    b"7z\xbc\xaf\x27\x1c": ("7-Zip", "unpack it with 7z x"),
    b"Rar!": ("RAR", "unpack it with unrar"),
}
OTHERS = {
    b"\x93NUMPY": ("a single npy array", "name the npz that was published"),
    b"\x80\x03": ("a Python pickle", "nothing is unpickled here; name the npz that was published"),
    b"\x80\x04": ("a Python pickle", "nothing is unpickled here; name the npz that was published"),
    b"\x80\x05": ("a Python pickle", "nothing is unpickled here; name the npz that was published"),
    b"PAR1": ("a Parquet file", "datasets.load_dataset('parquet', data_files=…) reads it"),
    b"MATLAB 5.0": ("a MATLAB file", "name the file that was published"),
    b"\x89PNG": ("a picture (PNG)", "name the file of the whole set"),
    b"%PDF": ("a PDF", AGAIN),
}


def foreign(head: bytes) -> tuple[str, str] | None:
    """What a file is whose first 512 bytes are `head`, and what to do about it; None where they tell nothing.

    >>> foreign(b"version https://git-lfs.github.com/spec/v1\\noid sha256:0")
    ('a Git LFS pointer, which stands for the file', 'run git lfs pull in its repository')
    """
    if not head:
        return "empty", AGAIN
    if head.startswith(b"version https://git-lfs") or head.startswith(b"version https://hawser"):
        return "a Git LFS pointer, which stands for the file", "run git lfs pull in its repository"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script")) or (
        text.startswith((b"<!--", b"<?xml")) and b"<html" in text
    ):
        return "a web page (HTML), such as a notice or a login", f"open it in a browser to see what it says, and {AGAIN}"
    if text.startswith((b"<?xml", b"{", b"[")) and not any(byte < 9 for byte in text):
        return f"a text ({'XML' if text.startswith(b'<') else 'JSON'}), such as a server's error", AGAIN
    record = "read it with TensorFlow; factorhub list shows which sets are generated with full labels instead"
    if _is_record(head):
        return "a TFRecord", record
    for magic, (kind, hint) in PACKED.items():
        if head.startswith(magic):
            if kind == "gzip" and _is_record(zlib.decompressobj(31).decompress(head, 64) if len(head) > 20 else b""):
                return "a TFRecord compressed with gzip", record
            return f"compressed with {kind}", f"{hint} first, and name what comes out"
    if head[257:262] == b"ustar":
        return "a tar", "unpack it with tar xf first, and name the file in it"
    return next((found for magic, found in OTHERS.items() if head.startswith(magic)), None)


def _is_record(head: bytes) -> bool:
    """Whether these bytes begin a TFRecord: a length of 8 bytes and its masked CRC-32C."""
    if len(head) < 16:
        return False
    check = 0xFFFFFFFF
    for byte in head[:8]:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0x82F63B78 if check & 1 else 0)
    check ^= 0xFFFFFFFF
    masked = ((check >> 15 | check << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return int.from_bytes(head[8:12], "little") == masked
