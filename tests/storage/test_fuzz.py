"""Bytes and JSON changed at random give the right rows or one of our errors."""

from __future__ import annotations

import copy
import json
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factorhub
from factorhub.errors import FactorhubError
from factorhub.storage.index import TRAILER, digest_of
from factorhub.storage.manifest import MANIFEST
from factorhub.storage.reader import Reader
from tests.storage.hostile import use

FUZZ = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


LONG = settings(max_examples=3000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(scope="module")
def pristine(stored: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A set that is harmed and healed again and again, under a limit of memory that no request may come near."""
    folder = shutil.copytree(stored.folder, tmp_path_factory.mktemp("pristine") / "set")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), limits[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_AS, limits)


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.integers(-(2**70), 2**70), st.sampled_from([2**31, 2**32, 2**62, 2**63, 10**30]),
    st.floats(), st.text(max_size=8), st.sampled_from(["../x", "os:system", "object", "float64", "image", "shape", "natural", "train"]),
)  # fmt: skip


json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=8
)


def fuzz_the_manifest(folder: Path, data: Any) -> None:
    path = folder / MANIFEST
    whole = path.read_bytes()
    tree = json.loads(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        node, key = {"": tree}, ""
        while isinstance(node[key], (dict, list)) and node[key] and data.draw(st.integers(0, 7)):
            node = node[key]
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        act = data.draw(st.sampled_from(["replace", "remove", "repeat"]))
        if act == "replace" or (node is not tree and key == ""):
            node[key] = data.draw(json_values)
        elif act == "remove":
            del node[key]
        else:
            node[key] = [copy.deepcopy(node[key])] * 3
        if not isinstance(tree, dict):
            break
    try:
        path.write_text(json.dumps(tree))
        use(folder)
    except FactorhubError as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(whole)


@FUZZ
@given(st.data())
def test_a_manifest_changed_at_random_gives_an_error_of_ours_or_rows(pristine: Path, data) -> None:
    fuzz_the_manifest(pristine, data)


@pytest.mark.soak
@LONG
@given(st.data())
def test_a_manifest_changed_at_random_many_times(pristine: Path, data) -> None:
    fuzz_the_manifest(pristine, data)


def fuzz_a_shard(folder: Path, truth: dict[str, np.ndarray], data: Any) -> None:
    """Bytes changed anywhere, with or without an index made to fit: an error of ours, or rows that are right or were forged."""
    reader = Reader(folder)
    path = folder / reader.plan.shards[0].path
    whole = path.read_bytes()
    body = reader.shard(0).index.body
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    forged = data.draw(st.booleans())
    try:
        path.write_bytes(content)
        if forged:
            with path.open("rb+") as handle:
                digest = digest_of(handle.fileno(), body)
                head = (
                    bytes(content[body : -TRAILER.size])
                    + TRAILER.pack(*TRAILER.unpack(content[-TRAILER.size :])[:3], digest, bytes(16))[:-16]
                )
                handle.seek(body)
                handle.write(head + __import__("xxhash").xxh3_128_digest(head))
        got = Reader(folder).read(slice(0, 90))
        for name, expected in truth.items():
            assert got[name].shape == expected.shape
            assert np.array_equal(got[name], expected), (name, forged)
    except FactorhubError as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(whole)


@FUZZ
@given(st.data())
def test_a_shard_changed_at_random_gives_an_error_of_ours_or_the_right_rows(pristine: Path, stored: Reader, data) -> None:
    fuzz_a_shard(pristine, stored.read(slice(0, 90)), data)


@pytest.mark.soak
@LONG
@given(st.data())
def test_a_shard_changed_at_random_many_times(pristine: Path, stored: Reader, data) -> None:
    fuzz_a_shard(pristine, stored.read(slice(0, 90)), data)


@pytest.mark.parametrize("compression", ["auto", "none"])
def test_stock_readers_find_a_changed_byte_of_a_raw_chunk(tmp_path: Path, compression: Any) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=300, shard_rows=300, compression=compression)
    whole = store.shard(0)
    for name, chunks in whole.chunks.items():
        if chunks.codec.gzip:
            continue
        with h5py.File(whole.path) as file:
            assert file[name].fletcher32
            assert np.array_equal(file[name][:], store[name])
        at = chunks.offsets[0] + chunks.bytes // 2
        with open(whole.path, "r+b") as file:
            file.seek(at)
            old = file.read(1)
            file.seek(at)
            file.write(bytes([old[0] ^ 4]))
        with h5py.File(whole.path) as file, pytest.raises(OSError, match="read"):
            file[name][:]
        with open(whole.path, "r+b") as file:
            file.seek(at)
            file.write(old)
    assert factorhub.verify(store.folder).ok
