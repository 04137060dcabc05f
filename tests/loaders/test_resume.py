"""A stream goes on where it was, with other ranks and batch sizes too."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from factorhub.errors import InputError
from factorhub.loaders import Stream, stream
from factorhub.lookup import Store
from tests.loaders.conftest import WINDOW, indices, same


@pytest.mark.parametrize("shuffle", [True, "blocks", "full"])
def test_a_stream_resumes_at_every_batch(train: Store, shuffle: Any) -> None:
    options: dict[str, Any] = {"fields": ["index", "shape"], "shuffle": shuffle, "seed": 5, "window": WINDOW}
    batches = stream(train, 200, threads=2, **options)
    batches.set_epoch(6)
    states, expected = [batches.state_dict()], []
    for batch in batches:
        expected.append(batch)
        states.append(batches.state_dict())
    following = next(iter(batches))
    for done, state in enumerate(states):
        resumed = stream(train, 200, threads=1 + done % 3, **options)
        resumed.load_state_dict(pickle.loads(pickle.dumps(state)))
        assert resumed.state_dict() == state
        rest = list(resumed)
        assert len(rest) == len(expected) - done
        assert all(same(a, b) for a, b in zip(rest, expected[done:], strict=True))
        assert same(next(iter(resumed)), following)


def test_an_endless_stream_resumes_across_epochs(train: Store) -> None:
    batches = stream(train, 500, fields=["index"], endless=True)
    iterator = iter(batches)
    for _ in range(8):
        next(iterator)
    state = batches.state_dict()
    assert (state["epoch"], state["batch"]) == (1, 3)
    resumed = stream(train, 500, fields=["index"], endless=True)
    resumed.load_state_dict(state)
    for a, b, _ in zip(iterator, resumed, range(7), strict=False):
        assert same(a, b)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"seed": 1}, "seed 0, this one has seed 1"),
        ({"shuffle": False}, "shuffle True, this one has shuffle False"),
        ({"drop_last": True}, "drop_last False, this one has drop_last True"),
        ({"window": 1024}, "window 512, this one has window 1024"),
    ],
)
def test_a_state_of_other_batches_is_refused(train: Store, other: dict[str, Any], named: str) -> None:
    state = stream(train, 200, window=512).state_dict()
    changed = stream(train, **{"batch_size": 200, "window": 512, **other})
    with pytest.raises(InputError, match=f"the state is of a stream with {named}; make it as it was, or begin the epoch again"):
        changed.load_state_dict(state)
    with pytest.raises(InputError, match="a stream's state is what its state_dict gave; got"):
        changed.load_state_dict({"epoch": 1})


@pytest.mark.parametrize("shuffle", [True, False, "blocks", "full"])
@pytest.mark.parametrize("drop_last", [False, True])
def test_an_epoch_goes_on_with_other_ranks_and_batch_sizes(train: Store, shuffle: Any, drop_last: bool) -> None:
    options: dict[str, Any] = {"fields": ["index", "shape"], "shuffle": shuffle, "window": WINDOW, "drop_last": drop_last}
    whole = indices(stream(train, 50, **options))
    code = dict(zip(train["index"].tolist(), train["shape"].tolist(), strict=True))
    seen: list[int] = []
    state: dict[str, Any] | None = None
    for world, size, batches in ((1, 100, 3), (3, 70, 2), (2, 64, 1), (5, 11, 4), (1, 256, None)):
        ranks = [stream(train, size, rank=rank, world=world, **options) for rank in range(world)]
        for ranked in ranks:
            if state is not None:
                ranked.load_state_dict(state)
            assert state is None or ranked.epoch == 0
            for number, batch in enumerate(ranked, 1):
                assert [code[index] for index in batch["index"].tolist()] == batch["shape"].tolist()
                seen += batch["index"].tolist()
                if number == batches:
                    break
        state = pickle.loads(pickle.dumps(ranks[-1].state_dict())) if batches else None
    assert len(set(seen)) == len(seen)
    left_out = 255 * drop_last + (3 - 1) + (2 - 1) + (5 - 1)
    assert set(seen) <= set(train["index"].tolist())
    assert len(train) - len(seen) <= left_out
    assert drop_last or set(whole) >= set(seen)
    assert {stream.epoch for stream in ranks} == {1}
    assert indices(ranks[0]) == indices(_at(stream(train, 256, **options), 1))  # the next epoch is whole again


def _at(batches: Stream, epoch: int) -> Stream:
    batches.set_epoch(epoch)
    return batches


def test_one_rank_goes_on_in_order_and_any_rank_s_state_will_do(train: Store) -> None:
    options: dict[str, Any] = {"fields": ["index"], "window": WINDOW}
    first = stream(train, 100, **options)
    head = [next(iterator) for iterator in [iter(first)] for _ in range(4)]
    resumed = stream(train, 33, **options)
    resumed.load_state_dict(first.state_dict())
    assert indices(head) + indices(resumed) == indices(stream(train, 100, **options))
    ranks = [stream(train, 50, rank=rank, world=2, **options) for rank in range(2)]
    iterators = [iter(ranked) for ranked in ranks]
    given = [indices([next(iterator)]) for iterator in iterators]
    rest = []
    for rank, ranked in enumerate(ranks):
        other = stream(train, 50, rank=rank, world=2, **options)
        other.load_state_dict(ranks[1 - rank].state_dict())
        rest.append(indices(other))
        assert given[rank] + rest[rank] == indices(stream(train, 50, rank=rank, world=2, **options))
        assert ranked.epoch == 0


def test_what_ended_begins_the_next_epoch(train: Store) -> None:
    ended = stream(train, 100, fields=["index"])
    state = {**ended.state_dict(), "batch": 21}
    resumed = stream(train, 50, fields=["index"], world=2)
    resumed.load_state_dict(state)
    assert resumed.place == (1, 0)


def test_the_state_of_one_of_several_workers_is_for_the_same_batches(train: Store) -> None:
    batches = stream(train, 128, fields=["index"], window=WINDOW)
    next(batches.batches(1, 3))
    with pytest.raises(InputError, match="the state is of a stream with batch_size 128, this one has batch_size 64"):
        stream(train, 64, fields=["index"], window=WINDOW).load_state_dict(batches.state_dict())


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_ranks_share_an_epoch_fairly(train: Store, world: int) -> None:
    whole = indices(stream(train, 50, fields=["index"], seed=2, window=WINDOW))
    shares = [indices(stream(train, 50, fields=["index"], seed=2, window=WINDOW, rank=r, world=world)) for r in range(world)]
    assert [len(share) for share in shares] == [len(train) // world] * world
    assert [row for share in shares for row in share] == whole[: len(train) // world * world]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("shuffle", [True, "blocks", "full"])
def test_workers_in_turn_give_the_stream_without_workers(train: Store, workers: int, shuffle: Any) -> None:
    options: dict[str, Any] = {"fields": ["index"], "shuffle": shuffle, "window": WINDOW}
    expected = list(stream(train, 128, **options))
    parts = [list(stream(train, 128, **options).batches(worker, workers)) for worker in range(workers)]
    found = [parts[i % workers][i // workers] for i in range(len(expected))]
    assert all(same(a, b) for a, b in zip(found, expected, strict=True))


def test_a_worker_resumes_where_it_was_and_no_other_does(train: Store) -> None:
    batches = stream(train, 128, fields=["index"], window=WINDOW)
    part = batches.batches(1, 3)
    next(part), next(part)
    state = batches.state_dict()
    resumed = stream(train, 128, fields=["index"], window=WINDOW)
    resumed.load_state_dict(state)
    assert all(same(a, b) for a, b in zip(resumed.batches(1, 3), part, strict=True))
    resumed.load_state_dict(state)
    with pytest.raises(InputError, match=r"batch 7 comes next, but worker 0 of 2 yields every 2th from 0; use as many workers"):
        next(resumed.batches(0, 2))
