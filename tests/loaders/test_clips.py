"""Windows of time: the same stretch of every column, drawn for each row and epoch, whoever reads it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.loaders import stream
from factorhub.loaders.jax import Stream as JaxStream
from factorhub.loaders.torch import Stream as TorchStream
from factorhub.lookup import Store
from tests.loaders.conftest import same


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """300 trajectories of 120 steps."""
    return factorhub.generate("pendulum", tmp_path_factory.mktemp("paths") / "set", rows=300, steps=120)


def whole(store: Store) -> dict[int, Any]:
    rows = store.read(slice(None))
    return {int(index): {name: array[i] for name, array in rows.items()} for i, index in enumerate(rows["index"])}


@pytest.mark.parametrize("clip", [1, 17, 120, (0, 5), (100, 20)])
def test_a_clip_is_a_stretch_of_its_row(paths: Store, clip: Any) -> None:
    rows = whole(paths)
    length = clip if isinstance(clip, int) else clip[1]
    for batch in stream(paths, 64, clip=clip):
        assert batch["state"].shape[1:] == (length, 2)
        assert batch["t"].shape[1:] == (length,)
        for i, index in enumerate(batch["index"]):
            start = int(batch["start"][i])
            assert isinstance(clip, int) or start == clip[0]
            assert np.array_equal(batch["state"][i], rows[int(index)]["state"][start : start + length])
            assert np.array_equal(batch["t"][i], rows[int(index)]["t"][start : start + length])
            assert batch["length_value"][i] == rows[int(index)]["length_value"]


def test_starts_are_spread_evenly_and_drawn_anew(paths: Store) -> None:
    batches = stream(paths, 100, fields=["state", "index"], clip=21, shuffle=False)
    epochs = [np.concatenate([batch["start"] for batch in batches]) for _ in range(20)]
    starts = np.concatenate(epochs)
    assert set(starts.tolist()) == set(range(100))
    counts = np.bincount(starts, minlength=100)
    assert ((counts - 60) ** 2 / 60).sum() < 149  # chi-square below its 0.1% point
    assert not np.array_equal(epochs[0], epochs[1])
    batches.set_epoch(0)
    assert np.array_equal(np.concatenate([batch["start"] for batch in batches]), epochs[0])


def test_clips_depend_on_neither_threads_workers_ranks_nor_framework(paths: Store) -> None:
    options: dict[str, Any] = {"clip": 30, "seed": 4, "fields": ["state", "index"]}
    expected = list(stream(paths, 50, threads=1, **options))
    assert all(same(a, b) for a, b in zip(stream(paths, 50, threads=3, **options), expected, strict=True))
    parts = [list(stream(paths, 50, **options).batches(worker, 2)) for worker in range(2)]
    assert all(same(a, b) for a, b in zip(itertools.chain(*zip(*parts, strict=True)), expected, strict=True))
    shares = [batch for rank in range(3) for batch in stream(paths, 50, rank=rank, world=3, **options)]
    assert all(same(a, b) for a, b in zip(shares, expected, strict=True))
    assert all(same(a, b) for a, b in zip(TorchStream(paths, 50, **options), expected, strict=True))
    assert all(same(a, b) for a, b in zip(JaxStream(paths, 50, **options), expected, strict=True))
    resumed = stream(paths, 50, **options)
    resumed.load_state_dict({**resumed.state_dict(), "batch": 4})
    assert all(same(a, b) for a, b in zip(resumed, expected[4:], strict=True))


def test_videos_and_walks_are_cut_too(tmp_path: Path) -> None:
    walk = factorhub.recipe("dsprites", rows=40, regime="walk")
    whole, cut = (next(iter(stream(walk, 40, shuffle=False, clip=clip, channels="first"))) for clip in ((0, 10), (3, 4)))
    assert cut["image"].shape == (40, 4, 1, 64, 64)
    assert np.array_equal(cut["image"], whole["image"][:, 3:7])
    assert np.array_equal(cut["shape"], whole["shape"][:, 3:7])


def test_what_does_not_fit_is_refused(paths: Store, train: Store) -> None:
    text = r"clip is a number of steps up to 120, or \(first step, how many\) within them; got "
    for clip in (0, -4, 121, (0, 0), (-1, 5), (100, 21)):
        with pytest.raises(InputError, match=text):
            stream(paths, 50, clip=clip)
    with pytest.raises(InputError, match="clip cuts columns over time; there are none among image, index; leave it out"):
        stream(train, 50, fields=["image", "index"], clip=5)


@pytest.mark.parametrize("clip", [64.5, "64", (1, 2, 3), (1.0, 2), (), None, [0], True, (-1, 5), (0, 0), (100, 30), 121])
def test_a_clip_of_another_form_is_refused(paths: Store, clip: Any) -> None:
    if clip is None:
        stream(paths, 8, clip=clip)  # no clip
        return
    with pytest.raises(InputError, match="clip is a number of steps up to 120, or .first step, how many. within them; got"):
        stream(paths, 8, clip=clip)
