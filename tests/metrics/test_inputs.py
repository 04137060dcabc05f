"""Codes, factors and schemas in all the forms that users have them."""

from __future__ import annotations

import types

import numpy as np
import pytest

import factorhub
from factorhub import metrics
from factorhub.errors import InputError, MissingExtra
from factorhub.factors import categorical, circular, continuous, ordinal
from factorhub.metrics import Score
from factorhub.metrics import information as module
from factorhub.metrics.discretise import binned, equal_width, joined
from factorhub.metrics.information import REFERENCE, Counting, information
from factorhub.metrics.inputs import sample
from tests.metrics.samples import drawn, panel, typed

SHAPES = [categorical("shape", ["square", "heart"])]


def test_labels_may_be_text_codes_or_values() -> None:
    text = np.array(["heart", "square", "heart", "heart"])
    for given in (text, text[:, None], text.astype(object), np.array([1, 0, 1, 1]), np.array([1.0, 0.0, 1.0, 1.0])):
        assert sample(np.arange(4), given, schema=SHAPES).values[:, 0].tolist() == [1, 0, 1, 1]
    assert sample(np.arange(4), text).values[:, 0].tolist() == [0, 1, 0, 0]
    assert sample(np.arange(4), text).kinds == ("categorical",)
    with pytest.raises(InputError, match="no value named 'hart' in shape; it has square, heart; did you mean 'heart'?"):
        sample(np.arange(2), np.array(["hart", "heart"]), schema=SHAPES)


def test_whole_numbers_are_codes_where_they_can_be_and_other_numbers_values() -> None:
    octave = [ordinal("octave", [4, 5, 6])]
    for given in (np.array([0, 2, 1]), np.array([4, 6, 5]), np.array([4.0, 6.0, 5.0]), np.array([0.0, 2.0, 1.0])):
        assert sample(np.arange(3), given, schema=octave).values[:, 0].tolist() == [4, 6, 5]
    x = [continuous("x", 0.0, 1.0, grid=11)]
    assert np.allclose(sample(np.arange(3), np.array([0, 10, 5]), schema=x).values[:, 0], [0, 1, 0.5])
    assert np.allclose(sample(np.arange(3), np.array([0.0, 1.0, 0.52]), schema=x).values[:, 0], [0, 1, 0.52])
    with pytest.raises(InputError, match="octave takes 4, 5, 6; got 7"):
        sample(np.arange(3), np.array([7, 4, 5]), schema=octave)


def test_without_a_schema_kinds_follow_from_the_numbers() -> None:
    kinds = [
        sample(np.arange(4), np.array(column)).kinds[0]
        for column in ([True, False, True, True], [3, 1, 2, 2], [0.1, 0.2, 0.3, 0.1])
    ]
    assert kinds == ["categorical", "ordinal", "continuous"]


def test_a_space_of_a_generator_is_a_schema() -> None:
    space = factorhub.generator("dsprites").space
    codes = space.codes(np.random.default_rng(0).integers(0, len(space), 2000))
    by_code, by_value = metrics.mig(codes, codes, schema=space), metrics.mig(codes, space.values(codes), schema=space)
    assert by_code == by_value
    assert list(by_code.per_factor) == ["shape", "scale", "orientation", "posX", "posY"]
    assert "left out, for they never vary: color" in by_code.warnings
    with pytest.raises(InputError, match=r"schema is a FactorSpace or a sequence of Factor, such as generator.space; got"):
        sample(codes, codes, schema=["dsprites"] * 6)  # type: ignore[list-item]


def test_what_a_metric_computes_of_unknown_labels_is_what_it_computes_of_the_known_rows() -> None:
    factors, codes = drawn("dmelodies", 2000)[:, :2], panel("dmelodies", "ideal", 2000)[:, :4]
    mask = np.ones(factors.shape, dtype=bool)
    mask[500:, 0] = False
    part = metrics.mig(codes, factors, mask=mask)
    alone = metrics.mig(codes[:500], factors[:500, 0])
    assert abs(part.per_factor["factor0"] - alone.per_factor["factor0"]) < 1e-9
    assert part.settings["known"] == {"factor0": 500, "factor1": 2000}
    with pytest.raises(InputError, match="the mask knows no label of factor1; expected at least one known row a factor"):
        metrics.mig(codes, factors, mask=mask & [True, False])


def test_classes_of_single_rows_and_constant_codes_are_named() -> None:
    factors = np.array([0] * 10 + [1] * 10 + [2])
    score = metrics.mig(np.column_stack([factors, np.ones(21)]), factors)
    assert "1 of the 3 classes of factor0 have a single row" in score.warnings
    assert "codes that never vary: 1" in score.warnings


def test_too_many_classes_for_the_rows_are_refused() -> None:
    with pytest.raises(InputError, match="factor0 needs two rows a class on average; got 20 rows for 20 classes; give more"):
        metrics.mig(np.arange(20.0), np.arange(20))
    wide = np.random.default_rng(0).normal(size=(2000, 6))
    with pytest.raises(InputError, match="a table of 1999 × 1000 classes is too large for 2000 rows") as refused:
        metrics.mig(wide, np.arange(2000) % 1000, groups=[range(6)])
    assert "give more rows or fewer bins" in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"bins": 1}, "bins is a whole number from 2"),
        ({"exact": -1}, "exact is a whole number from 0; got -1"),
        ({"floor": -1.0}, "floor is standard deviations from 0 up, or None for no floor; got -1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, float], text: str) -> None:
    with pytest.raises(InputError, match=text):
        metrics.mig(np.arange(20), np.arange(20) % 2, **settings)


def test_choices_are_named() -> None:
    z, v = np.arange(20.0), np.arange(20) % 2
    for call, text in {
        lambda: metrics.dci(z, v, estimator="forest"): "no estimator named 'forest' in dci; it has mi, gbt, lightgbm, regressor",
        lambda: metrics.mcc(z, v, kind="kendall"): "no kind named 'kendall' in mcc; it has pearson, spearman",
        lambda: metrics.mcc(z, v, folds=1): "mcc is cross-fitted over 2 or more folds, or over none with folds=0; got 1",
        lambda: metrics.r2(z, v, model="cubic"): "no model named 'cubic' in r2; it has linear, kernel",
        lambda: metrics.r2(z, v, train=2.0): "train is the share of the rows that is fitted, between 0 and 1, or how many",
        lambda: metrics.sap(z, v, train=2.0): "train is the share of the rows that is fitted, between 0 and 1, or how many",
        lambda: metrics.irs(z, v, quantile=99): "quantile is a share above 0 and up to 1; got 99; the reference takes 0.99",
        lambda: metrics.infomec(z, v, estimator="kde"): "no estimator named 'kde' in infomec; it has counting, knn",
        lambda: metrics.dci_es(z, v, depths=(3, 2)): "depths are two or more, increasing",
        lambda: metrics.factor_vae(z, v, batch=1): "batch is a whole number from 2; got 1",
    }.items():
        with pytest.raises(InputError, match=text):
            call()


def test_a_compiled_loop_counts_what_numpy_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, factors = panel("dmelodies", "rotated", 2000), drawn("dmelodies", 2000)
    import numba  # noqa: F401

    compiled = information(sample(codes, factors), Counting(bins=17))
    monkeypatch.setattr(module, "sys", types.SimpleNamespace(modules={}))
    plain = information(sample(codes + 0, factors), Counting(bins=17, exact=99))
    assert np.array_equal(compiled.mutual, plain.mutual)
    assert np.array_equal(compiled.joint, plain.joint)


def test_bins_and_classes() -> None:
    assert binned(np.array([3.0, 1.0, 3.0])).of.tolist() == [1, 0, 1]
    assert binned(np.array([3.0, 1.0, 3.0]), known=np.array([True, False, True])).of.tolist() == [0, -1, 0]
    assert equal_width(np.zeros(3), 20).tolist() == [0, 0, 0]
    both = joined([binned(np.array([0.0, 0, 1, 1])), binned(np.array([0.0, 1, 0, 1]))])
    assert both.size == 4
    assert len(set(both.of.tolist())) == 4
    late = np.concatenate([np.zeros(600), np.arange(600.0)])  # its first rows have one value, all of them many
    assert binned(late).size == 20


def test_kept_tables_are_of_the_same_numbers_and_not_of_the_same_object() -> None:
    codes, factors = typed().codes.copy(), typed().factors
    before = metrics.mig(codes, factors)
    codes[:, 1] = np.random.default_rng(3).normal(size=len(codes))
    after = metrics.mig(codes, factors)
    assert after != before
    assert after == metrics.mig(codes.copy(), factors)
    assert metrics.mig(codes, factors, **{"exact": 0, "miller_madow": False, "floor": None}) != after
    assert Counting() != REFERENCE


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, package: str | None = None) -> types.ModuleType:
        if name.startswith("sklearn"):
            raise ModuleNotFoundError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(
        MissingExtra, match=r"SAP by support vectors needs scikit-learn, which is not installed: pip install 'factorhub\[metrics\]'"
    ):
        metrics.sap(np.arange(20.0), np.arange(20) % 2)


def test_an_angle_is_compared_on_the_circle() -> None:
    schema = [circular("angle", 360.0)]
    angle = np.random.default_rng(0).uniform(0, 360, 2000)
    pair = np.column_stack([np.cos(np.deg2rad(angle + 77)), np.sin(np.deg2rad(angle + 77))])
    assert metrics.mcc(pair, angle, schema=schema, groups=[[0, 1]]) > 0.999
    assert metrics.r2(pair, angle, schema=schema) > 0.999
    half = (angle + 180) % 360
    assert metrics.mcc(half, angle, schema=schema) > 0.75
    assert abs(metrics.mcc(half, angle) - 0.5) < 0.05  # as plain numbers, whose correlation is -0.5


def test_a_score_is_a_float_that_is_never_silently_no_number() -> None:
    score = Score(0.25, "mig", {"a": 0.5, "b": 0.0}, {"x": 1.0}, None, {"N": 3}, ("one", "two"))
    assert score * 4 == 1
    assert f"{score:.1f}" == "0.2"
    assert repr(score) == str(score) == "Score(mig=0.25; a 0.5, b 0; x 1; 2 warnings)"
    assert repr(Score(1, "mig", {str(k): 1.0 for k in range(20)})).endswith("7 1, …)")
    with pytest.raises(InputError, match="mig of these arrays is not a number"):
        Score(float("nan"), "mig")


def test_what_is_no_array_is_refused_in_one_line_and_numbers_as_objects_are_numbers() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(InputError, match="codes are an array, a row per observation; got Tensor: .* Use tensor.detach"):
        metrics.mig(torch.zeros((4, 2), requires_grad=True), [0, 1, 0, 1])
    assert metrics.mig(torch.tensor([[0.0], [1.0]] * 40), torch.tensor([0, 1] * 40)) > 0.9
    with pytest.raises(InputError, match="codes are an array, a row per observation; got list: setting an array element"):
        metrics.mig([[1, 2], [3]], [0, 1])
    for schema in ("dsprites", factorhub.generator("dsprites"), 3):
        with pytest.raises(InputError, match="schema is a FactorSpace or a sequence of Factor, such as generator.space; got"):
            metrics.mig(np.arange(4.0), [0, 1, 0, 1], schema=schema)
    assert sample(np.arange(3), np.array([10, 9, 9], dtype=object)).kinds == ("ordinal",)


def test_threads_score_models_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    factors = drawn("dmelodies", 500)
    codes = [panel("dmelodies", code, 500) for code in ("ideal", "pad", "noise", "rotated")] * 6
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(lambda code: float(metrics.mig(code, factors)), codes))
    assert scores == scores[:4] * 6
    assert scores[:4] == [float(metrics.mig(code, factors)) for code in codes[:4]]
