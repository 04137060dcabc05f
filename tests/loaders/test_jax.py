"""The JAX leaf: the batches of the other leaves, on one device or laid over several, in memory that never changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import factorhub
from factorhub.errors import InputError, StoreError
from factorhub.loaders import stream as numpy_stream
from factorhub.loaders.jax import Stream
from factorhub.loaders.torch import Stream as TorchStream
from factorhub.lookup import Store
from tests.loaders.conftest import WINDOW, indices, same


@pytest.mark.parametrize("shuffle", [True, "full"])
def test_arrays_are_the_numpy_streams_batches(train: Store, shuffle: Any) -> None:
    options: dict[str, Any] = {"shuffle": shuffle, "seed": 3, "window": WINDOW}
    with jax.enable_x64(True):
        theirs = list(Stream(train, 128, **options))
    ours = list(numpy_stream(train, 128, **options))
    assert all(same(a, b) for a, b in zip(theirs, ours, strict=True))
    assert all(theirs[0][name].dtype == ours[0][name].dtype for name in ours[0])
    assert all(isinstance(array, jax.Array) for array in theirs[0].values())


def test_jax_and_torch_batches_are_equal_bit_by_bit(train: Store) -> None:
    with jax.enable_x64(True):
        for a, b in zip(Stream(train, 300, seed=9), TorchStream(train, 300, seed=9), strict=True):
            assert same(a, b)


def test_64_bits_become_32_as_everywhere_in_jax(train: Store) -> None:
    batch, exact = next(iter(Stream(train, 100))), next(iter(numpy_stream(train, 100)))
    assert batch["index"].dtype == np.int32
    assert np.array_equal(batch["index"], exact["index"])
    assert batch["posX_value"].dtype == np.float32
    assert np.array_equal(batch["posX_value"], exact["posX_value"].astype(np.float32))
    assert batch["image"].dtype == np.uint8


def test_a_row_number_beyond_32_bits_is_refused_and_never_cut() -> None:
    far = factorhub.recipe("dsprites", rows=2**40, regime="uniform")
    batches = Stream(far, 16, fields=["index"])
    with pytest.raises(InputError, match="JAX has 32-bit integers here, and a batch holds [0-9]+; set jax_enable_x64, or name"):
        next(iter(batches))
    with jax.enable_x64(True):
        assert int(next(iter(batches))["index"].max()) > 2**32


def test_arrays_that_alias_the_streams_memory_do_not_change(train: Store) -> None:
    """On CPU JAX keeps aligned memory instead of copying it; the pool must not hand it out again meanwhile."""
    everything = train.read(slice(None), ["index", "image"])
    place = {int(index): row for row, index in enumerate(everything["index"])}
    kept = []
    for i, batch in zip(range(60), Stream(train, 128, fields=["index", "image"], window=256, endless=True), strict=False):
        if i % 4 == 0:
            kept.append(batch)
        else:
            batch["image"].sum()  # asynchronous work on an array that is dropped at once
    for batch in kept:
        rows = [place[int(index)] for index in batch["index"]]
        assert np.array_equal(batch["image"], everything["image"][rows])
    source = next(iter(numpy_stream(train, 256, fields=["image"])))["image"]
    assert jax.device_put(source).unsafe_buffer_pointer() == source.ctypes.data  # it does alias


@pytest.mark.parametrize("prefetch", [0, 1, 3])
def test_the_state_is_that_of_the_last_batch_given_out(train: Store, prefetch: int) -> None:
    options: dict[str, Any] = {"fields": ["index"], "window": WINDOW, "prefetch": prefetch}
    batches = Stream(train, 200, **options)
    assert len(batches) == 11
    states, expected = [batches.state_dict()], []
    for batch in batches:
        expected.append(batch)
        states.append(batches.state_dict())
    assert batches.state_dict()["epoch"] == 1
    for done, state in enumerate(states):
        resumed = Stream(train, 200, **options)
        resumed.load_state_dict(state)
        assert resumed.state_dict() == state
        assert indices(resumed) == indices(expected[done:])
    batches.set_epoch(0)
    assert indices(batches) == indices(expected)


def test_transform_sees_numpy_arrays(train: Store) -> None:
    def half(batch: Any) -> Any:
        assert isinstance(batch["image"], np.ndarray)
        return batch["image"][:, ::2, ::2], {"label": batch["shape"]}

    image, rest = next(iter(Stream(train, 32, transform=half)))
    assert isinstance(image, jax.Array)
    assert image.shape == (32, 32, 32)
    assert isinstance(rest["label"], jax.Array)


def test_a_batch_goes_to_the_device_asked_for(train: Store) -> None:
    device = jax.devices()[0]
    assert next(iter(Stream(train, 32, device=device)))["image"].devices() == {device}


def test_a_damaged_shard_is_named(damaged: Store) -> None:
    with pytest.raises(StoreError, match=r"train-00001-of-00003.h5 is damaged in rows 192 to 255 of column image"):
        list(Stream(damaged, 50))


def test_what_does_not_fit_is_refused(train: Store) -> None:
    with pytest.raises(InputError, match="prefetch is a number of batches from 0; got -1"):
        Stream(train, prefetch=-1)
    with pytest.raises(InputError, match="no column named 'imag' in this source"):
        Stream(train, fields=["imag"])
    sharding = NamedSharding(Mesh(np.array(jax.devices()[:1]), ("data",)), PartitionSpec("data"))
    assert next(iter(Stream(train, 33, sharding=sharding)))["image"].sharding == sharding


FOUR_DEVICES = """
import jax, numpy as np, factorhub
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from factorhub.errors import InputError
from factorhub.loaders import stream
from factorhub.loaders.jax import Stream

assert len(jax.devices()) == 4
sharding = NamedSharding(Mesh(np.array(jax.devices()), ("data",)), PartitionSpec("data"))
store = factorhub.open({folder!r}, "train")
batches = Stream(store, 128, sharding=sharding, drop_last=True, window=512)
for ours, theirs in zip(stream(store, 128, drop_last=True, window=512), batches, strict=True):
    assert theirs["image"].sharding == sharding
    assert [s.data.shape for s in theirs["image"].addressable_shards] == [(32, 64, 64)] * 4
    assert np.array_equal(theirs["image"], ours["image"]) and np.array_equal(theirs["index"], ours["index"])
total = jax.jit(lambda batch: batch["image"].astype("float32").mean(axis=(1, 2)).sum())
assert abs(float(total(theirs)) - ours["image"].mean(axis=(1, 2)).sum()) < 1e-3
for size, drop in ((126, True), (128, False)):
    try:
        Stream(store, size, sharding=sharding, drop_last=drop, rank=0, world=8)
    except InputError as error:
        print(error)
"""


def test_batches_are_laid_over_four_devices(train: Store) -> None:
    environment = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu", "PATH": ""}
    environment["PYTHONPATH"] = str(Path(factorhub.__file__).parent.parent)
    code = FOUR_DEVICES.format(folder=str(train.folder))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    text = (
        "a batch must divide among the 4 devices of its sharding; got {} rows; choose a multiple as batch_size, and drop_last=True"
    )
    first, second = done.stdout.splitlines()
    assert first.startswith(text.format(126))
    assert second.startswith(text.format(2100 // 8 % 128))


def test_ranks_come_from_jax(train: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax, "process_index", lambda: 2)
    monkeypatch.setattr(jax, "process_count", lambda: 3)
    options: dict[str, Any] = {"fields": ["index"], "window": WINDOW}
    assert indices(Stream(train, 100, **options)) == indices(numpy_stream(train, 100, rank=2, world=3, **options))


def test_missing_jax_names_the_extra() -> None:
    code = """
import sys
sys.modules["jax"] = None
try:
    import factorhub.loaders.jax
except ImportError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "factorhub.loaders.jax needs jax, which is not installed: pip install 'factorhub[jax]'"
    assert done.stdout.strip() == f"MissingExtra {expected}"
