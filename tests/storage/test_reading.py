"""Reading a set: any way of asking, in the order asked for, each chunk once, from any thread or process."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factorhub.errors import InputError, StoreError
from factorhub.storage.manifest import Finished, Manifest
from factorhub.storage.reader import Reader
from factorhub.storage.shard import MOST_OPEN, ShardReader

N = 1000


@pytest.fixture(scope="module")
def truth(rows) -> dict[str, np.ndarray]:
    return rows(N).read(np.arange(N))


def same(batch, truth, numbers) -> bool:
    return all(np.array_equal(batch[name], truth[name][numbers]) and batch[name].dtype == truth[name].dtype for name in batch)


def ends() -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(-N - 50, N + 50)


asked = st.one_of(
    st.integers(-N, N - 1),
    st.builds(slice, ends(), ends(), st.none() | st.integers(-300, 300).filter(bool)),
    st.lists(st.integers(-N, N - 1), max_size=80),
    st.lists(st.integers(-N, N - 1), max_size=40).map(lambda row: row + row[::-1]),
    st.lists(st.integers(0, N - 1), min_size=1, max_size=30).map(np.array),
    st.lists(st.integers(0, N - 1), min_size=1, max_size=30).map(lambda row: np.array(row, np.uint16)),
    st.lists(st.tuples(st.integers(-N, N - 1), st.integers(-N, N - 1)), min_size=1, max_size=20).map(np.array),
    st.tuples(st.integers(0, N - 1), st.integers(1, 400)).map(lambda t: np.arange(t[0], min(t[0] + t[1], N))),
    st.sets(st.integers(0, N - 1), max_size=60).map(lambda on: np.isin(np.arange(N), list(on))),
)


@settings(max_examples=200)
@given(asked)
def test_rows_come_as_numpy_would_index_them(stored: Reader, truth, asked) -> None:
    numbers = np.arange(N)[np.array(asked, np.int64) if isinstance(asked, list) else asked]
    assert same(stored.read(asked), truth, numbers)


@settings(max_examples=100)
@given(asked, st.permutations(["index", "shape", "size_value", "wave", "image"]), st.integers(1, 5))
def test_columns_come_in_the_order_named(stored: Reader, truth, asked, names, count) -> None:
    numbers = np.arange(N)[np.array(asked, np.int64) if isinstance(asked, list) else asked]
    batch = stored.read(asked, names[:count])
    assert list(batch) == names[:count]
    assert same(batch, truth, numbers)


@given(st.data())
def test_a_split_counts_its_own_rows(stored: Reader, truth, data) -> None:
    part = Reader(stored.folder, "test")
    assert len(part) == 199
    row = data.draw(st.integers(-199, 198))
    assert same(part.read(row), truth, np.arange(801, 1000)[row])
    assert same(part.read([row, 0, -1]), truth, np.arange(801, 1000)[[row, 0, -1]])


def test_a_single_row_can_be_changed_by_its_owner(stored: Reader) -> None:
    row = stored[5]
    row["image"][:] = 9
    assert not (stored[5]["image"] == 9).any()
    batch = stored[[5]]
    batch["wave"][:] = -1
    assert (stored[5]["wave"] >= 0).all()


def test_iteration_gives_every_row_once(stored: Reader, truth) -> None:
    rows = list(Reader(stored.folder, "test"))
    assert len(rows) == 199
    assert all(np.array_equal(row["image"], truth["image"][801 + i]) for i, row in enumerate(rows))
    assert rows[3]["shape"] == truth["shape"][804]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (1000, "row 1000 is outside"),
        (-1001, "row -1001 is outside"),
        ([3, 1000], "row 1000 is outside"),
        (np.array([2**63], np.uint64), "row 9223372036854775808 is outside"),
        (np.ones(999, bool), r"a mask over .* has shape \(1000,\); got \(999,\)"),
        (True, r"a mask over .* has shape \(1000,\); got \(\)"),
        (1.0, "rows are integers, slices or masks; got float64"),
        (None, "rows are integers, slices or masks; got object"),
        (slice(0, 5, 0), "a step that is not 0"),
        (slice("a", None), "a slice of .* has whole numbers"),
        ("colour", "no column named 'colour'"),
    ],
)
def test_what_is_not_a_row_is_refused(stored: Reader, asked, text: str) -> None:
    kind = IndexError if "outside" in text or ("mask" in text.split(";")[0] and "shape" in text) else InputError
    with pytest.raises(kind, match=text):
        stored[asked]


def test_a_wish_beyond_memory_is_refused(stored: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(shape: object, dtype: object) -> None:
        raise MemoryError

    monkeypatch.setattr("factorhub.storage.reader.np.empty", full)
    with pytest.raises(InputError, match=r"1000 rows take 0.000138 GB of memory; ask for fewer rows or columns"):
        stored.read(slice(None))


def test_each_chunk_is_decoded_once_per_request(stored: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(stored.folder)
    decoded: list[tuple[str, str, int]] = []
    chunk = ShardReader.chunk
    monkeypatch.setattr(
        ShardReader,
        "chunk",
        lambda self, name, number, *rest: (decoded.append((self.shard.path, name, number)), chunk(self, name, number, *rest))[1],
    )
    numbers = np.random.default_rng(0).integers(0, N, 700)
    for asked in (slice(None), numbers, np.repeat(numbers, 2), slice(None, None, -3)):
        decoded.clear()
        reader.read(asked)
        assert len(decoded) == len(set(decoded)), asked
    decoded.clear()
    for row in range(20, 60):  # rows asked for one by one share the chunk that was decoded last
        reader.read(row, ["image"])
    assert len(decoded) <= 2


def test_codes_come_without_touching_observations(stored: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(stored.folder)
    chunk = ShardReader.chunk

    def only_small(self, name, number, *rest):
        assert name == "shape"
        return chunk(self, name, number, *rest)

    monkeypatch.setattr(ShardReader, "chunk", only_small)
    assert reader["shape"].shape == (N,)


def test_open_files_are_bounded_and_closed(rows, tmp_path: Path) -> None:
    reader = rows(80).write(tmp_path / "set", rows(80).plan(shard_rows=1))
    assert len(reader.plan.shards) == 80

    def held() -> int:
        return sum("/set/data/" in os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _there(fd))

    before = held()
    for _ in range(2):
        assert len(reader["shape"]) == 80
        for row in range(80):
            reader[row]
            assert held() - before <= MOST_OPEN + 1
    del reader
    assert held() == before


def _there(fd: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{fd}")


def test_ten_thousand_shards_open_without_one_being_opened(rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = rows(20_000)
    plan = source.plan(shard_rows=2)
    assert len(plan.shards) == 10_000
    done = Finished(10_000, {column.name: "0" * 32 for column in plan.columns}, {})
    (tmp_path / "manifest.json").write_text(json.dumps(Manifest(plan, (done,) * 10_000).to_dict()))
    opened: list[str] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: (opened.append(str(path)), real(path, *rest, **more))[1])
    began = time.process_time()
    reader = Reader(tmp_path)
    assert time.process_time() - began < 5  # a second at most on any machine; nothing may be quadratic
    assert len(reader) == 20_000
    assert not [path for path in opened if path.endswith(".h5")]
    with pytest.raises(StoreError, match=r"train-05000-of-10000.h5 is missing; factorhub verify .* factorhub repair"):
        reader[10_000]


def test_threads_share_a_reader(stored: Reader, truth) -> None:
    reader = Reader(stored.folder)
    start = threading.Barrier(4)

    def work(seed: int) -> bool:
        draw = np.random.default_rng(seed)
        start.wait()
        good = True
        for _ in range(30):
            numbers = draw.integers(0, N, 40)
            good &= same(reader.read(numbers), truth, numbers)
            good &= same(reader.read(int(numbers[0])), truth, numbers[0])
        return good

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_share_a_reader(stored: Reader, truth, method: str) -> None:
    reader = Reader(stored.folder)
    numbers = [5, 500, 999]
    reader.read(numbers)  # files are open now
    with multiprocessing.get_context(method).Pool(2) as pool:
        asked = [pool.apply_async(reader.read, (numbers,)) for _ in range(4)]
        assert all(same(answer.get(60), truth, numbers) for answer in asked)


def test_a_fork_reads_while_threads_read(stored: Reader, truth, in_child) -> None:
    """No lock may be held at the moment of a fork: the child would wait for it forever."""
    reader = Reader(stored.folder)
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            reader.read(np.arange(0, N, 37))

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert in_child(lambda: same(reader.read([1, 999]), truth, [1, 999]) or os._exit(1)) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_pickling_a_reader_sends_its_path_only(stored: Reader) -> None:
    reader = Reader(stored.folder, "test")
    reader[0]
    sent = pickle.dumps(reader)
    assert len(sent) < 400
    assert pickle.loads(sent)[3]["image"].tolist() == reader[3]["image"].tolist()


def test_a_shard_that_vanished_or_was_swapped_is_noticed_by_whoever_reads_it(rows, tmp_path: Path) -> None:
    reader = rows(300).write(tmp_path / "set")
    first, second, third = (tmp_path / "set" / shard.path for shard in reader.plan.shards)
    content = first.read_bytes(), second.read_bytes()
    first.write_bytes(content[1])
    second.write_bytes(content[0])
    third.unlink()
    for row, text in ((0, "another shard of this one"), (100, "another shard of this one"), (200, "is missing")):
        for asked in (row, [row, row + 1], slice(row, row + 50)):
            with pytest.raises(StoreError, match=text):
                Reader(tmp_path / "set")[asked]
    first.write_bytes(content[0])
    second.write_bytes(content[1])
    with pytest.raises(StoreError, match="is missing"):  # found before memory is taken for a whole column
        Reader(tmp_path / "set")["shape"]
