"""Laws of the store's arithmetic: bijections, rows asked for in any way, layouts, codecs, and records that equal their JSON."""

from __future__ import annotations

import json
import time
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factorhub
from factorhub.errors import InputError
from factorhub.order import Order, Permutation
from factorhub.source import Column, row_numbers
from factorhub.storage.codecs import codec as codec_module
from factorhub.storage.codecs.codec import RAW, Codec, choose
from factorhub.storage.codecs.run_length import encode
from factorhub.storage.manifest import LARGEST_CHUNK, MOST_SHARDS, ColumnLayout, Finished, Manifest, Plan
from factorhub.storage.reader import Reader
from factorhub.storage.writer import default_shard_rows, layouts_of

SEEDS = st.integers(0, 2**64 - 1)


@settings(max_examples=60)
@given(st.integers(1, 3000) | st.integers(2**40, 2**61), SEEDS)
def test_a_permutation_is_a_bijection(size: int, seed: int) -> None:
    permutation = Permutation(size, seed)
    numbers = np.arange(size) if size < 10_000 else np.append(np.arange(0, size, size // 300), size - 1)
    moved = permutation.forward(numbers)
    assert np.array_equal(permutation.inverse(moved), numbers)
    assert moved.min() >= 0
    assert moved.max() < size
    if size < 10_000:
        assert np.array_equal(np.sort(moved), numbers)
    assert np.array_equal(permutation.forward(numbers[::-1]), moved[::-1])


@given(SEEDS)
def test_a_permutation_depends_on_every_bit_of_its_seed(seed: int) -> None:
    numbers = np.arange(1000)
    moved = Permutation(1000, seed).forward(numbers)
    for other in (seed ^ 1, seed ^ 2**63):
        assert (moved == Permutation(1000, other).forward(numbers)).mean() < 0.02


def test_a_permutation_mixes() -> None:
    """Neighbours land as far apart as chance has them, and every position gets rows from everywhere."""
    size = 40_000
    moved = Permutation(size, 0).forward(np.arange(size))
    apart = np.abs(np.diff(moved)) / size
    assert abs(apart.mean() - 1 / 3) < 0.005
    assert (np.abs(np.diff(moved)) < 100).mean() < 0.008
    counts = np.histogram2d(np.arange(size), moved, bins=20)[0]
    assert ((counts - 100) ** 2 / 100).sum() < 400 + 4 * np.sqrt(2 * 400)
    assert abs(np.corrcoef(np.arange(size), moved)[0, 1]) < 0.02


@st.composite
def orders(draw) -> Order:
    lengths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=5))
    ends = tuple(np.cumsum(lengths).tolist())
    kind = draw(st.sampled_from(["permuted", "natural"]))
    if draw(st.booleans()):
        bases = tuple(length + draw(st.integers(0, 30)) for length in lengths)
        return Order(kind, sum(bases), ends, draw(SEEDS), bases)
    return Order(kind, ends[-1] + draw(st.integers(0, 100)), ends, draw(SEEDS))


@settings(max_examples=150)
@given(orders())
def test_an_order_is_a_bijection_between_positions_and_rows(order: Order) -> None:
    positions = np.arange(len(order))
    rows = order.rows(positions)
    assert len(np.unique(rows)) == len(order)
    assert rows.min() >= 0
    assert rows.max() < order.base
    assert np.array_equal(order.positions(rows), positions)
    everything = order.positions(np.arange(order.base))
    assert np.array_equal(np.sort(everything[everything >= 0]), positions)
    if order.kind == "natural":
        for start, end in zip((0, *order.ends), order.ends, strict=False):
            assert (np.diff(rows[start:end]) > 0).all()
    assert Order.from_dict(json.loads(json.dumps(order.to_dict()))) == order


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (("sorted", 5, (5,), 0), "no order named 'sorted'; there are permuted, natural"),
        (("natural", 5, (), 0), r"an order needs ascending ends, one row or more each, up to 5 rows; got \(\)"),
        (("natural", 5, (3, 3), 0), r"one row or more each, up to 5 rows; got \(3, 3\)"),
        (("natural", 5, (6,), 0), r"up to 5 rows; got \(6,\)"),
        (("natural", 2**62, (6,), 0), "up to 4611686018427387904 rows"),
        (("natural", 5.0, (5,), 0), "an order is made of whole numbers; got 5.0"),
        (("natural", 9, (3, 6), 0, (4, 4)), r"splits of \[3, 3\] rows do not fit bases of \(4, 4\), 9 in all"),
        (("natural", 9, (3, 6), 0, (7, 2)), r"splits of \[3, 3\] rows do not fit bases of \(7, 2\), 9 in all"),
    ],
)
def test_orders_that_cannot_be_are_refused(order, text: str) -> None:
    with pytest.raises(InputError, match=text):
        Order(*order)


@given(st.integers(1, 2**40), st.data())
def test_row_numbers_are_those_of_numpy(length: int, data) -> None:
    ends = st.none() | st.integers(-2 * length, 2 * length)
    start = data.draw(ends)
    stop = data.draw(st.none() if start is None else st.integers(start - 100, start + 100))
    step = data.draw(
        st.integers(1, 50).map(lambda n: n * max(length // 1000, 1))
        | st.integers(-50, -1).map(lambda n: n * max(length // 1000, 1))
    )
    asked = slice(start, stop, step)
    assert row_numbers(asked, length).tolist() == list(range(length)[asked])
    several = data.draw(st.lists(st.integers(-length, length - 1), max_size=20))
    assert row_numbers(several, length).tolist() == [n % length for n in several]


DTYPES = ["bool", "uint8", "int8", "uint16", "int32", "int64", "uint64", "float16", "float32", "float64"]
ENCODERS = [("runs", 1), ("zlib", 1), ("zlib", 4), ("zlib", 9), ("libdeflate", 1)]
CODECS = [RAW, *(Codec(*encoder, shuffle) for encoder in ENCODERS for shuffle in (False, True))]


@st.composite
def chunks(draw) -> np.ndarray:
    dtype = draw(st.sampled_from(DTYPES))
    shape = tuple(draw(st.lists(st.integers(1, 40), min_size=1, max_size=3)))
    noise = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["noise", "flat", "stripes", "sparse"]))
    if kind == "noise":
        flat = noise.integers(0, 256, int(np.prod(shape)) * np.dtype(dtype).itemsize, np.uint8)
        return (flat & 1 if dtype == "bool" else flat).view(dtype).reshape(shape)
    if kind == "flat":
        return np.full(shape, draw(st.integers(0, 1)), dtype)
    values = np.arange(np.prod(shape)).reshape(shape)
    return (values // 7 % 5 if kind == "stripes" else noise.random(shape) < 0.02).astype(dtype)


@settings(max_examples=300)
@given(chunks(), st.sampled_from(CODECS))
def test_decoding_undoes_encoding_and_hdf5_agrees(chunk: np.ndarray, codec: Codec) -> None:
    stored = bytes(codec.encode(chunk))
    out = np.empty_like(chunk)
    codec.decode(stored, out)
    assert out.tobytes() == chunk.tobytes()
    if codec.gzip:
        plain = zlib.decompress(stored)  # with its checksum, which other readers compare
        wanted = chunk.reshape(-1).view(np.uint8).reshape(-1, chunk.itemsize).T if codec.shuffle else chunk
        assert plain == np.ascontiguousarray(wanted).tobytes()
        for cut in (stored[:-7], stored[:4]):
            with pytest.raises(ValueError, match="inflate"):
                codec.decode(cut, out)
    with pytest.raises(ValueError, match=r"inflates? to|does not inflate|has \d+ bytes"):
        codec.decode(stored, np.empty((chunk.shape[0] + 1, *chunk.shape[1:]), chunk.dtype))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 1000)), min_size=1, max_size=400), st.integers(1, 2**20))
def test_runs_of_any_lengths_are_plain_zlib_streams(runs: list[tuple[int, int]], most: int) -> None:
    values, lengths = np.array(runs).T
    data = np.repeat(values, np.minimum(lengths, most)).astype(np.uint8)
    assert zlib.decompress(encode(data)) == data.tobytes()


@settings(max_examples=200)
@given(chunks(), st.sampled_from(CODECS), st.floats(0, 1))
def test_the_start_of_a_chunk_is_decoded_without_its_end(chunk: np.ndarray, codec: Codec, share: float) -> None:
    stored = bytes(codec.encode(chunk))
    out = np.full_like(chunk, 1)
    wanted = int(share * chunk.nbytes)
    count = codec.decode_start(stored, out, wanted)
    assert count >= wanted
    assert out.tobytes()[:count] == chunk.tobytes()[:count]
    if codec.gzip:
        larger = np.empty((2 * len(chunk) + 600, *chunk.shape[1:]), chunk.dtype)
        with pytest.raises(ValueError, match=r"inflates? to"):
            codec.decode_start(stored, larger, chunk.nbytes + 1)
        with pytest.raises(ValueError, match="inflate"):
            codec.decode_start(stored[:4], out, wanted)


def test_a_libdeflate_that_leaves_nothing_behind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(data: object, out: memoryview, raw: bool) -> None:
        raise RuntimeError("LIBDEFLATE_INSUFFICIENT_SPACE")

    assert codec_module._stops_cleanly()
    codec_module._stops_cleanly.cache_clear()
    try:
        monkeypatch.setattr("imagecodecs.deflate_decode", forgetful)
        assert not codec_module._stops_cleanly()
    finally:
        codec_module._stops_cleanly.cache_clear()


def test_flat_pictures_are_about_as_small_as_stock_gzip_makes_them() -> None:
    for name, encoder in (("dsprites", "runs"), ("color_dsprites", "zlib"), ("multi_dsprites", "zlib"), ("causal_flow", "zlib")):
        images = factorhub.recipe(name, rows=64).source().read(np.arange(64), ["image"])["image"]
        codec = choose(images)
        assert codec.encoder == encoder
        assert len(codec.encode(images)) <= 1.1 * len(zlib.compress(images.tobytes(), 4))


@pytest.mark.parametrize("ratio", [1.3, 1.7, 2.5])
def test_codes_longer_than_deflate_allows_are_cut(ratio: float) -> None:
    """Frequencies that fall steeply make a Huffman tree deeper than fifteen."""
    counts = np.maximum(ratio ** np.arange(0, -200, -1) * 2**19, 1).astype(int)
    values = np.random.default_rng(0).permutation(np.repeat(np.arange(200), counts)).astype(np.uint8)
    stored = encode(values)
    assert zlib.decompress(stored) == values.tobytes()
    assert len(stored) < 1.02 * len(zlib.compress(values.tobytes(), 9))


@pytest.mark.parametrize("compression", [{}, {"compression": "none"}, {"compression": "gzip"}, {"level": 9}])
def test_h5py_reads_what_factorhub_reads(rows, tmp_path: Path, compression) -> None:
    source = rows(1000)
    reader = source.write(tmp_path / "set", source.plan(shard_rows=300, **compression))
    for shard in reader.plan.shards:
        with h5py.File(tmp_path / "set" / shard.path) as file:
            columns = [column.name for column in reader.columns]
            assert list(file)[: len(columns)] == columns
            assert all(file[name].is_scale for name in list(file)[len(columns) :])
            for name, dataset in ((name, file[name]) for name in columns):
                assert np.array_equal(dataset[:], reader.read(slice(shard.start, shard.stop), [name])[name])
                assert dataset.shape[0] == len(shard)
            assert file.attrs["first_row"] == shard.start


def test_the_codec_of_a_column_is_chosen_by_trial() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 64), np.uint8)
    discs = np.zeros((64, 64, 64), np.uint8)
    discs[:, 20:40, 20:40] = 1
    assert choose(noise) == RAW
    assert choose(discs).gzip
    assert choose(noise, "gzip").gzip
    assert choose(discs, "none") == RAW
    assert choose(noise, level=7) == Codec("zlib", 7)
    assert choose(noise.view("uint32"), "gzip").shuffle
    for wrong in (0, 10, -1):
        with pytest.raises(InputError, match=f"a compression level is a whole number from 1 to 9; got {wrong}"):
            choose(noise, level=wrong)
    with pytest.raises(InputError, match="no compression named 'zip'; there are auto, gzip, none"):
        choose(noise, "zip")


@st.composite
def columns(draw) -> Column:
    dtype = draw(st.sampled_from(DTYPES))
    shape = tuple(draw(st.lists(st.integers(1, 300), max_size=3)))
    role = draw(st.sampled_from(["factor", "value", "regime", "observation"]))
    return Column(draw(st.sampled_from("abcdefgh")), dtype, shape, tuple("xyz"[: len(shape)]), role, {})


@given(st.lists(columns(), min_size=1, max_size=6, unique_by=lambda column: column.name))
def test_layouts_fit_every_column(several: list[Column]) -> None:
    class Blank:
        columns = tuple(several)

        def __len__(self) -> int:
            return 5

        def read(self, rows, names):
            return {c.name: np.zeros((len(rows), *c.shape), c.dtype) for c in self.columns if c.name in names}

    layouts = layouts_of(Blank())
    assert set(layouts) == {column.name for column in several}
    for column in several:
        rows = layouts[column.name].chunk_rows
        assert rows & (rows - 1) == 0
        assert rows == 1 or rows * column.row_bytes <= LARGEST_CHUNK
        if column.role in ("factor", "regime"):
            assert layouts[column.name].codec == RAW


@given(st.integers(1, 2**50))
def test_default_shards_are_a_power_of_two_of_rows(row_bytes: int) -> None:
    rows = default_shard_rows(row_bytes)
    assert rows & (rows - 1) == 0
    assert 1 <= rows <= 2**20
    assert rows in (1, 2**20) or 2**27 < rows * row_bytes < 2**29


@settings(max_examples=60)
@given(st.data())
def test_plans_and_manifests_equal_their_json(rows, data) -> None:
    lengths = data.draw(st.lists(st.integers(1, 500), min_size=1, max_size=4))
    source = rows(sum(lengths))
    plan = source.plan(splits={f"s{i}": n for i, n in enumerate(lengths)}, shard_rows=data.draw(st.integers(1, 300)))
    again = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert again == plan
    assert again.digest == plan.digest
    assert [shard.start for shard in plan.shards] == [0, *(shard.stop for shard in plan.shards)][:-1]
    assert sum(map(len, plan.shards)) == len(plan)
    for split, (start, stop) in plan.ranges.items():
        mine = [shard for shard in plan.shards if shard.split == split]
        assert sum(map(len, mine)) == stop - start
        assert [int(shard.path[-17:-12]) for shard in mine] == list(range(len(mine)))
    digests = {column.name: "0123456789abcdef" * 2 for column in plan.columns}
    done = tuple(
        Finished(data.draw(st.integers(50_000, 2**60)), digests, {"error": data.draw(st.floats(0, 1))}) for _ in plan.shards
    )
    manifest = Manifest(plan, done)
    assert Manifest.from_dict(json.loads(json.dumps(manifest.to_dict()))) == manifest


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"splits": ("a", "a")}, "splits have distinct names and one end each"),
        ({"splits": ("a",)}, "splits have distinct names and one end each"),
        ({"splits": ("a", "b c")}, "a split's name is letters, digits and _, at most 64; got 'b c'"),
        ({"shard_rows": 0}, "a shard holds at least one row; got 0"),
        ({"order": Order("natural", 10**9, (10**8, 10**9), 0), "shard_rows": 10}, f"100000000 shards are more than {MOST_SHARDS}; raise --shard-rows above 10"),
        ({"layouts": {c: ColumnLayout(5, RAW) for c in ("index", "shape", "size", "size_value", "wave", "image")}}, "a chunk has a power of two of rows"),
    ],
)  # fmt: skip
def test_plans_that_cannot_be_are_refused(rows, change, text: str) -> None:
    plan = rows(100).plan(splits={"a": 60, "b": 40})
    with pytest.raises(InputError, match=text):
        Plan(**{**{name: getattr(plan, name) for name in plan.__dataclass_fields__}, **change})


def test_rows_do_not_depend_on_workers_shards_or_the_order_of_work(rows, tmp_path: Path) -> None:
    source = rows(1000)
    splits = {"train": 801, "test": 199}
    sets = [source.write(tmp_path / str(w), source.plan(splits=splits), workers=w) for w in (1, 2, 7)]
    assert sets[0].manifest == sets[1].manifest == sets[2].manifest
    for a, b in zip(sorted(sets[0].folder.rglob("*.h5")), sorted(sets[2].folder.rglob("*.h5")), strict=True):
        assert a.read_bytes() == b.read_bytes()
    backwards = tmp_path / "backwards"
    for number in reversed(range(len(sets[0].plan.shards))):
        assert source.write_only(backwards, source.plan(splits=splits), [number]) is None
    assert source.write(backwards, source.plan(splits=splits)).manifest == sets[0].manifest
    for shard_rows in (1000, 333, 7):
        other = source.write(tmp_path / f"shards{shard_rows}", source.plan(splits=splits, shard_rows=shard_rows))
        assert other.read(slice(None), ["image"])["image"].tobytes() == sets[0].read(slice(None), ["image"])["image"].tobytes()


def test_blocks_under_way_are_bounded_by_their_bytes(rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row may be a video of many megabytes: then few of them are held, whatever the number of workers."""
    for held, most in ((1, 1), (10**9, 4)):
        monkeypatch.setattr("factorhub.storage.writer.HELD_BYTES", held)
        under_way: list[int] = [0]

        def rendered(under_way=under_way) -> None:
            under_way.append(under_way[-1] + 1)

        def written(count: int, under_way=under_way) -> None:
            if count:
                time.sleep(0.05)  # the workers go ahead as far as they may
                under_way.append(under_way[-1] - 1)

        plan = rows(400).plan()
        rows(400, rendered).write(tmp_path / str(held), plan, workers=4, progress=written)
        assert max(under_way) == most


@pytest.mark.soak
@pytest.mark.parametrize(("name", "column"), [("dsprites", "image"), ("dmelodies", "tokens")])
def test_golden_digests_of_whole_grids(name: str, column: str, tmp_path: Path) -> None:
    """Rows are forever; under the marker since the pictures of dSprites are 3 GB."""
    digests = []
    for order, workers, shard_rows in (("permuted", 1, None), ("permuted", 7, 50_000)):
        factorhub.generate(name, tmp_path / "set", order=order, workers=workers, shard_rows=shard_rows, overwrite=True)
        digests.append(factorhub.verify(tmp_path / "set").digests)
    assert digests[0] == digests[1]
    assert digests[0][column] == GOLDEN[name]
    assert len(Reader(tmp_path / "set")) == len(factorhub.generator(name).space)


GOLDEN = {"dsprites": "3dea26a52ddf591b932beee6805b147f", "dmelodies": "0687eba797f0f2baf5dc616691bd0b86"}
