"""Damage is found, named and mended."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import factorhub
from factorhub.errors import StoreError
from factorhub.storage.manifest import MANIFEST
from factorhub.storage.verify import Report, verify
from tests.storage.damage import SOAK


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=SOAK)])
def test_every_flipped_bit_is_found(rows, tmp_path: Path, count: int) -> None:
    reader = rows(300).write(tmp_path / "set", rows(300).plan(shard_rows=300))
    path = tmp_path / "set" / reader.plan.shards[0].path
    spans = [(o, n) for chunks in reader.shard(0).chunks.values() for o, n in zip(chunks.offsets, chunks.sizes, strict=True)]
    inside = np.concatenate([np.arange(offset, offset + size) for offset, size in spans])
    draw = np.random.default_rng(count)
    anywhere = np.arange(path.stat().st_size)
    for trial in range(count):
        where = int(draw.choice(inside if trial % 3 else anywhere))
        with _flipped(path, where, int(draw.integers(8))):
            report = verify(tmp_path / "set")
            assert report.damaged == (0,), where
            assert not report.ok
            assert report.digests == {}
    assert verify(tmp_path / "set").ok


@contextlib.contextmanager
def _flipped(path: Path, where: int, bit: int) -> Iterator[None]:
    with path.open("rb+", buffering=0) as file:
        file.seek(where)
        old = file.read(1)
        for new in (bytes([old[0] ^ 1 << bit]), old):
            file.seek(where)
            file.write(new)
            if new is not old:
                yield


def test_damage_that_decodes_is_found_by_the_digest_of_the_rows(rows, tmp_path: Path) -> None:
    """A file whose own digests were made to fit is still not the one the manifest names."""
    source = rows(200)
    honest = source.write(tmp_path / "a")
    forged = rows(200)
    forged.read = lambda *asked: {k: v ^ 1 if k == "shape" else v for k, v in source.read(*asked).items()}
    forged.write(tmp_path / "b", honest.plan)
    shutil.copy(tmp_path / "b" / honest.plan.shards[1].path, tmp_path / "a" / honest.plan.shards[1].path)
    report = verify(tmp_path / "a")
    assert report.damaged == (1,)
    assert "its digests are not those of the manifest" in report.problems[0]


def _truncate(data: Path) -> None:
    path = data / "train-00001-of-00004.h5"
    os.truncate(path, path.stat().st_size // 2)


def _swap(data: Path) -> None:
    a, b = data / "train-00001-of-00004.h5", data / "train-00002-of-00004.h5"
    a.rename(data / "x")
    b.rename(a)
    (data / "x").rename(b)


def _rename(data: Path) -> None:
    (data / "train-00001-of-00004.h5").rename(data / "train-00001-of-00005.h5")


def _replace_by_folder(data: Path) -> None:
    (data / "train-00001-of-00004.h5").unlink()
    (data / "train-00001-of-00004.h5").mkdir()


def _grow(data: Path) -> None:
    with (data / "train-00001-of-00004.h5").open("ab") as file:
        file.write(b"\0" * 100)


DAMAGE: dict[str, tuple[Callable[[Path], object], tuple[int, ...], str]] = {
    "truncated": (_truncate, (1,), "does not end with the index of a finished shard"),
    "zero length": (lambda data: (data / "train-00001-of-00004.h5").write_bytes(b""), (1,), "it has 0 bytes"),
    "missing": (lambda data: (data / "train-00001-of-00004.h5").unlink(), (1,), "is missing"),
    "swapped": (_swap, (1, 2), "another shard of this one"),
    "renamed": (_rename, (1,), "train-00001-of-00005.h5 is not in the manifest; remove it"),
    "grown": (_grow, (1,), "does not end with the index of a finished shard"),
    "foreign": (lambda data: (data / "train-00001-of-00004.h5").write_bytes(os.urandom(9000)), (1,), "damaged or foreign"),
    "extra": (lambda data: (data / "notes.txt").write_text("x"), (), "notes.txt is not in the manifest; remove it"),
    "all gone": (shutil.rmtree, (0, 1, 2, 3), "cannot be read: No such file or directory"),
    "a folder": (_replace_by_folder, (1,), "is not a plain file"),
    "no card": (lambda data: (data.parent / "README.md").unlink(), (), "README.md (the dataset card) is missing"),
}


@pytest.fixture(scope="module")
def eighty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """80 dSprites in four shards, and what `verify` says of them."""
    folder = tmp_path_factory.mktemp("eighty") / "set"
    factorhub.generate("dsprites", folder, rows=80, shard_rows=20)
    return factorhub.verify(folder), folder


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_and_repair_mends_exactly_that(kind: str, tmp_path: Path, eighty) -> None:
    harm, expected, text = DAMAGE[kind]
    before, whole = eighty
    folder = shutil.copytree(whole, tmp_path / "set")
    times = {path: path.stat().st_mtime_ns for path in (folder / "data").iterdir()}
    harm(folder / "data")
    report = factorhub.verify(folder)
    assert report.damaged == expected
    assert text in "\n".join(report.problems)
    if kind == "a folder":
        with pytest.raises(StoreError, match="is a folder; remove it and repair again"):
            factorhub.repair(folder)
        (folder / "data" / "train-00001-of-00004.h5").rmdir()
    mended = factorhub.repair(folder)
    left = [problem for problem in mended.problems if "is not in the manifest; remove it" not in problem]
    assert not left
    assert mended.digests == before.digests
    for number, (path, when) in enumerate(sorted(times.items())):
        assert (path.stat().st_mtime_ns == when) == (number not in expected)
    assert (factorhub.open(folder)["image"] == factorhub.generator("dsprites").render(_values(folder))["image"]).all()


def _values(folder: Path) -> np.ndarray:
    store = factorhub.open(folder)
    return store.space.values(np.stack([store[name] for name in store.space.names], axis=-1))


def test_a_manifest_that_disagrees_is_refused(tmp_path: Path, eighty) -> None:
    folder = shutil.copytree(eighty[1], tmp_path / "set")
    whole = (folder / MANIFEST).read_text()
    digest = factorhub.open(folder).manifest.finished[2].digests["image"]
    changes = [
        (digest, "0" * 32, "its digests are not those of the manifest"),
        ('"seed": 0', '"seed": 1', "another set"),
        ('"permuted"', '"natural"', "another set"),
        ("train-00002", "train-00009", "is damaged: the list says"),
        ('"heart"', '"hart"', "another set"),
        ('"shard_rows": 20', '"shard_rows": 40', "is damaged: the plan has 2 shards and the list 4"),
        ('"format_version": 1', '"format_version": 2', "has format version 2, this factorhub reads 1; upgrade factorhub"),
        ('"format": "factorhub"', '"format": "zarr"', "is not a factorhub manifest"),
        ('"bytes":', '"octets":', "no entry 'bytes'"),
        (whole[-40:], "", "is not JSON; restore it"),
    ]
    for old, new, text in changes:
        assert old in whole, old
        (folder / MANIFEST).write_text(whole.replace(old, new))
        try:
            problems = "\n".join(factorhub.verify(folder).problems)
        except StoreError as error:
            problems = str(error)
        assert text in problems, (old, problems)
    (folder / MANIFEST).write_text(whole)
    assert factorhub.verify(folder).ok


def test_repair_never_replaces_rows_by_others(rows, tmp_path: Path) -> None:
    """A recipe that no longer gives the rows of the manifest is refused, and what is there is kept."""
    from factorhub.storage.writer import rewrite

    reader = rows(200).write(tmp_path / "set")
    path = tmp_path / "set" / reader.plan.shards[1].path
    before = path.read_bytes()[:-1] + b"?"
    path.write_bytes(before)
    other = rows(200)
    other.read = lambda numbers, columns=None: rows(200).read(np.asarray(numbers) + 1, columns)
    with pytest.raises(StoreError, match="train-00001-of-00002.h5 would get other rows than before in index, shape, size"):
        rewrite(other, reader.manifest, tmp_path / "set", [1])
    assert path.read_bytes() == before
    rewrite(rows(200), reader.manifest, tmp_path / "set", [1])
    assert verify(tmp_path / "set").ok
