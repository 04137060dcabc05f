"""Every metric of the catalog against what it says of itself: invariances, ranges, sizes, bad input."""

from __future__ import annotations

import inspect
import math
import pickle
from typing import Any

import numpy as np
import pytest

from factorhub import metrics
from factorhub.errors import InputError
from factorhub.factors import categorical
from factorhub.metrics import INVARIANCES, Metric
from tests.metrics.invariances import CHANGES
from tests.metrics.samples import QUICK, ROWS, typed

ALL = [metrics.metric(name) for name in metrics.names()]
CODES = [metric for metric in ALL if metric.judges_codes]
PAIRS = [(metric, change) for metric in CODES for change in CHANGES]


def settings(metric: Metric, change: str = "") -> dict[str, Any]:
    """Small settings; doubled rows leave a score of counts alone only without the corrections for N."""
    counted = "miller_madow" in inspect.signature(metric.function).parameters
    plain = {"miller_madow": False, "floor": None} if change == "doubling" and counted else {}
    return {**QUICK.get(metric.name, {}), **plain}


def apart(a: metrics.Score, b: metrics.Score) -> float:
    assert a.per_factor.keys() == b.per_factor.keys()
    return max(abs(a - b), *(abs(a.per_factor[name] - b.per_factor[name]) for name in a.per_factor), 0.0)


@pytest.mark.parametrize(("metric", "change"), PAIRS, ids=[f"{metric.name}-{change}" for metric, change in PAIRS])
def test_metrics_have_the_invariances_that_they_state_and_really_lack_the_others(metric: Metric, change: str) -> None:
    chosen = settings(metric, change)

    def moves(rows: int) -> bool:
        case = typed(rows)
        return apart(CHANGES[change](case).score(metric, **chosen), case.score(metric, **chosen)) > 1e-9

    if change in metric.invariances:
        assert not moves(ROWS)
    else:
        assert moves(ROWS) or moves(600), f"{metric.name} has it: '{metric.lacks[change]}' is no longer so"


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_each_invariance_is_stated_or_denied_with_a_reason(metric: Metric) -> None:
    assert metric.invariances | metric.lacks.keys() == set(INVARIANCES)
    assert all(len(reason) > 10 for reason in metric.lacks.values())


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_one_factor_one_code_and_one_of_each_have_a_score(metric: Metric) -> None:
    case, chosen = typed(), settings(metric)
    assert case.schema is not None
    one_factor = case.but(factors=case.factors[:, :1], schema=case.schema[:1])
    one_code = case.but(codes=case.codes[:, :1], groups=None)
    both = one_factor.but(codes=case.codes[:, :1], groups=None)
    for small in (one_factor, one_code, both):
        score = small.score(metric, **chosen)
        assert math.isfinite(score)
        assert metric.range[0] - 1e-9 <= score <= metric.range[1] + 1e-9
        assert set(score.per_factor) <= {factor.name for factor in small.schema}


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_a_score_says_what_it_depends_on_and_comes_back_from_a_pickle(metric: Metric) -> None:
    case = typed()
    score = case.score(metric, **settings(metric), seed=3)
    assert score.name == metric.name
    assert {"N": ROWS, "D": 5, "K": 4, "seed": 3, "version": metric.version}.items() <= score.settings.items()
    assert "estimator" in score.settings
    assert score.settings["groups"] == [[0], [1], [2, 3], [4]]
    assert "\n" not in repr(score)
    again = pickle.loads(pickle.dumps(score))
    assert (float(again), again.per_factor, again.parts, again.settings) == (
        float(score),
        score.per_factor,
        score.parts,
        score.settings,
    )
    if score.relation is not None:
        assert np.array_equal(again.relation, score.relation)
        assert np.isfinite(score.relation).all()
        assert score.relation.min() >= 0


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_the_same_seed_gives_the_same_score_whatever_ran_before(metric: Metric) -> None:
    case, chosen = typed(), settings(metric)
    first = case.score(metric, **chosen, seed=1)
    np.random.rand(3)  # noqa: NPY002 (the global state that other libraries depend on)
    assert apart(first, case.score(metric, **chosen, seed=1)) == 0


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_noise_scores_less_than_the_factors_themselves(metric: Metric) -> None:
    case, chosen = typed(), settings(metric)
    noise = case.but(codes=np.random.default_rng(9).normal(size=(ROWS, 4)), groups=None).score(metric, **chosen)
    ideal = case.but(codes=case.factors, groups=None).score(metric, **chosen)
    if metric.better == "higher":
        assert ideal > noise
    assert metric.range[0] <= ideal <= metric.range[1] + 1e-9


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_a_factor_that_never_varies_and_unknown_labels_change_nothing_else(metric: Metric) -> None:
    case, chosen = typed(), settings(metric)
    assert case.schema is not None
    factors = np.column_stack([case.factors, np.zeros(ROWS)])
    schema = (*case.schema, categorical("color", ["white"]))
    score = case.but(factors=factors, schema=schema).score(metric, **chosen)
    assert apart(score, case.score(metric, **chosen)) < 1e-9
    assert "left out, for they never vary: color" in score.warnings
    mask = np.ones(case.factors.shape, dtype=bool)
    mask[:40, 1] = False
    unknown = np.where(mask, case.factors, np.nan)
    part = case.but(factors=unknown, mask=mask).score(metric, **chosen)
    assert math.isfinite(part)
    assert part.settings["known"] == {"shape": ROWS, "octave": ROWS - 40, "angle": ROWS, "x": ROWS}


BAD: dict[str, tuple[Any, str]] = {
    "a nan": (
        lambda c: c.but(codes=np.where(c.codes == c.codes[3, 1], np.nan, c.codes)),
        "codes are finite numbers; got nan in row",
    ),
    "lengths": (lambda c: c.but(codes=c.codes[:-1]), "codes and factors have a row per observation; got 319 and 320 rows"),
    "no codes": (
        lambda c: c.but(codes=c.codes[:, :0]),
        r"codes are real numbers \(N, D\), a row per observation; got float64 of shape",
    ),
    "pictures": (lambda c: c.but(codes=c.codes[:, :, None]), "flatten the other axes into D"),
    "no factors": (lambda c: c.but(factors=c.factors[:, :0]), r"factors are an array \(N, K\)"),
    "unknown": (lambda c: c.but(factors=np.where(c.factors == 4, np.nan, c.factors)), "mark unknown labels with mask=~np.isnan"),
    "a label outside": (lambda c: c.but(factors=c.factors + np.array([7, 0, 0, 0])), "shape takes square, ellipse, heart .* got"),
    "columns": (lambda c: c.but(factors=c.factors[:, :3]), r"the schema has 4 factors \(shape, octave, angle, x\); got 3 columns"),
    "a mask": (lambda c: c.but(mask=np.ones((ROWS, 2), dtype=bool)), "mask is True where a label is known, of the factors' shape"),
    "groups": (lambda c: c.but(groups=((0, 1), (3,))), "groups name each of the 5 dimensions once"),
    "nothing varies": (
        lambda c: c.but(factors=c.factors[[0] * ROWS]),
        "a score needs a factor that varies; shape, octave, angle, x",
    ),
    "one row": (lambda c: c.but(codes=c.codes[:1], factors=c.factors[:1]), "this score needs at least .* rows; got 1"),
}


@pytest.mark.parametrize("metric", CODES, ids=lambda metric: metric.name)
def test_bad_input_is_refused_in_one_line(metric: Metric) -> None:
    for name, (spoil, text) in BAD.items():
        with pytest.raises(InputError, match=text) as refused:
            spoil(typed()).score(metric, **settings(metric))
        assert "\n" not in str(refused.value), name


def test_a_metric_is_a_function_an_object_and_a_name() -> None:
    case = typed()
    assert metrics.mig(case.codes, case.factors) == metrics.metric("mig")(case.codes, case.factors)
    assert metrics.metric("factorhub.metrics.codes.mig:mig") is metrics.metric("mig")
    assert "mig" in dir(metrics)
    with pytest.raises(InputError, match="no metric named 'migg' in the catalog .*; did you mean 'mig'?"):
        metrics.metric("migg")
    with pytest.raises(InputError, match="metric 'math:sqrt' says nothing of itself; put @factorhub.metrics.declare"):
        metrics.metric("math:sqrt")
    with pytest.raises(AttributeError, match="has no attribute 'migg'"):
        _ = metrics.migg


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_every_metric_describes_itself(metric: Metric) -> None:
    assert metrics.metric(metric.name) is metric
    assert metric.measures[0].islower()
    assert not metric.measures.endswith(".")
    assert metric.source
    assert metric.chance
    assert metric.range[0] <= metric.ideal <= metric.range[1]
    assert metric.function.__doc__
    assert pickle.loads(pickle.dumps(metric)) == metric
    if metric.tier == "basic":
        assert metric.cost == "milliseconds"


CHEAP = [metric for metric in CODES if metric.cost == "milliseconds"]


@pytest.mark.parametrize("seed", range(25))
def test_small_and_odd_arrays_have_a_finite_score_in_range_or_one_line(seed: int) -> None:
    """Few rows, huge and tiny units, ties, unknown labels, groups: never another error, a warning or a number that is none."""
    rng = np.random.default_rng(seed)
    rows, width = int(rng.integers(1, 60)), int(rng.integers(1, 5))
    units = rng.choice([0, 1, 1e-12, 1e12, 1e-300], size=width)
    codes = [
        rng.normal(size=(rows, width)) + rng.choice([0, 1e9]),
        rng.integers(0, 3, (rows, width)),
        rng.normal(size=(rows, width)).round(1) * units,
    ][seed % 3]
    factors = np.column_stack([rng.integers(0, size, rows) for size in rng.integers(1, 6, rng.integers(1, 4))])
    mask = rng.random(factors.shape) < 0.7 if rng.random() < 0.3 else None
    groups = [[0, 1], *([d] for d in range(2, width))] if width > 1 and rng.random() < 0.3 else None
    for metric in CHEAP:
        try:
            score = metric(codes, factors, mask=mask, groups=groups, **settings(metric))
        except InputError:
            continue
        assert np.isfinite([score, *score.per_factor.values(), *score.parts.values()]).all(), metric.name
        assert metric.range[0] - 1e-6 <= score <= metric.range[1] + 1e-6, metric.name
