"""What is sent to another process arrives there: generators and all that is made of them, whatever closures they hold."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.adapters.disent import GroundTruth
from factorhub.adapters.disentanglement_lib import GroundTruthData
from factorhub.errors import InputError
from factorhub.loaders import stream
from factorhub.loaders.grain import GrainSource


def first(name: str, **options: Any) -> dict[str, np.ndarray]:
    made = factorhub.generator(name, **options)
    return made.render(made.space.from_unit(np.full((2, len(made.space.factors)), 0.4)))


@pytest.mark.parametrize("name", factorhub.generators())
def test_generators_come_back_as_they_were(name: str) -> None:
    made = factorhub.generator(name)
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert (again.name, again.space, again.fields, again.version) == (made.name, made.space, made.fields, made.version)
        assert dict(again.options) == dict(made.options)
        values = made.space.from_unit(np.full((2, len(made.space.factors)), 0.4))
        ours, theirs = made.render(values), again.render(values)
        assert all(np.array_equal(ours[field], theirs[field], equal_nan=True) for field in ours)


def test_what_was_changed_by_hand_is_not_pickled_as_what_it_was_made_from() -> None:
    made = factorhub.generator("dsprites")
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(replace(made, summary="another"))


def test_another_version_is_refused_when_unpickled(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps(factorhub.generator("dsprites"))
    import factorhub.dsprites_like.dsprites as module

    plain = module.dsprites
    monkeypatch.setattr(module, "dsprites", wraps(plain)(lambda **options: replace(plain(**options), version=99)))
    with pytest.raises(InputError, match="the pickle holds version .* of dsprites, and here is version 99; pickle it again"):
        pickle.loads(data)


def _jax_stream() -> Any:
    return pytest.importorskip("factorhub.loaders.jax").Stream(factorhub.recipe("dsprites", rows=40), 10)


def _rows() -> Any:
    return pytest.importorskip("factorhub.loaders.torch").Rows(factorhub.recipe("dsprites", rows=40))


MAKERS: dict[str, Callable[[], Any]] = {
    "source": lambda: factorhub.recipe("dsprites", rows=40).source(),
    "parted source": lambda: factorhub.recipe("dsprites", splits="a=shape == heart; b=rest").source(),
    "budget": lambda: factorhub.recipe("dsprites", regime="labels(rows=5)", rows=40).source(),
    "stream of a source": lambda: stream(factorhub.recipe("dsprites", rows=40).source(), 10),
    "stream of a recipe": lambda: stream(factorhub.recipe("shapes3d", rows=40), 10),
    "endless": lambda: factorhub.stream("pendulum", "uniform", batch_size=4, options={"steps": 4}),
    "grain": lambda: GrainSource(factorhub.recipe("dsprites", rows=40)),
    "disent": lambda: GroundTruth(factorhub.generator("dsprites")),
    "disentanglement_lib": lambda: GroundTruthData(factorhub.generator("dsprites")),
    "torch rows": _rows,
    "jax": _jax_stream,
}


def rows_of(made: Any) -> list[Any]:
    if hasattr(made, "sample_observations"):
        return [made.sample_observations(2, np.random.RandomState(0))]
    if hasattr(made, "__next__") or not hasattr(made, "__getitem__"):
        batch = next(iter(made)) if not hasattr(made, "read") else made.read(np.arange(3))
    else:
        batch = made[3]
    return [np.asarray(batch[name]) for name in sorted(batch)] if isinstance(batch, dict) else [np.asarray(batch)]


@pytest.mark.parametrize("name", MAKERS)
def test_all_that_holds_a_generator_pickles(name: str) -> None:
    made = MAKERS[name]()
    again = pickle.loads(pickle.dumps(made))
    assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(rows_of(made), rows_of(again), strict=True))


def _sum(source: Any) -> int:
    return int(source.read(np.arange(5), ["image"])["image"].sum())


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_share_nothing_render_the_same_rows(method: str) -> None:
    source = factorhub.recipe("multi_dsprites", rows=40).source()
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_sum, (source,)) == _sum(source)
