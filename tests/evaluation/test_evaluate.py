"""`factorhub.evaluate`: which rows a model is judged on, and that scores depend on nothing but what is said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub import randomness
from factorhub.errors import FactorhubError, InputError
from factorhub.evaluation import Report
from factorhub.evaluation.panel import KINDS
from factorhub.evaluation.scoring import Judge
from factorhub.evaluation.sources import subject
from factorhub.lookup import Store


def test_the_same_seed_gives_the_same_record(report: Report, model: Any) -> None:
    again = factorhub.evaluate(model, "dsprites", ["mig", "dci", "mcc"], draws=2, n=1000, seed=3, model="centres")
    other = factorhub.evaluate(model, "dsprites", ["mig", "dci", "mcc"], draws=2, n=1000, seed=4, model="centres")
    assert again.record("2026-01-01") == report.record("2026-01-01")
    assert other.record()["content_hash"] != report.record()["content_hash"]


def test_batches_change_nothing(report: Report, model: Any) -> None:
    again = factorhub.evaluate(model, "dsprites", ["mig", "dci", "mcc"], draws=2, n=1000, seed=3, batch=77, model="centres")
    assert again.record("2026-01-01") == report.record("2026-01-01")


def test_a_model_that_reads_positions_scores_between_noise_and_ideal(report: Report) -> None:
    for name in ("mig", "dci", "mcc"):
        adjusted = report[name].adjusted()
        assert adjusted is not None
        assert 0.1 < adjusted < 1
    assert report["mig"].per_factor["posX"] > 0.4 > report["mig"].per_factor["orientation"]
    assert report["mig"].method == "sd over fresh draws"
    assert 0 < report["mig"].error[""] < 0.05


def test_draws_of_fewer_rows_begin_those_of_more() -> None:
    source = subject("dsprites", 5)
    assert np.array_equal(source.rows(1, 50).values, source.rows(1, 80).values[:50])
    assert not np.array_equal(source.rows(0, 50).values, source.rows(1, 50).values)


def test_streams_of_random_words_have_frozen_names() -> None:
    heard: set[str] = set()
    with randomness.listening(lambda _, stream: heard.add(stream)):
        factorhub.evaluate(lambda x: x[:, ::16, ::16].reshape(len(x), -1), "dsprites", {"mig": {"bins": 7}}, draws=2, n=300)
    ours = {stream for stream in heard if stream.startswith("evaluation")}
    assert ours == {
        "evaluation/draw/0/uniform", "evaluation/draw/1/uniform", "evaluation/panel/noise", "evaluation/panel/pad",
        "evaluation/panel/rotation",
    }  # fmt: skip


def test_a_set_is_judged_on_the_independent_grid_whatever_it_was_drawn_by(tmp_path: Path, model: Any) -> None:
    text = "correlated(pairs=[[posX, posY]], sigma=0.1, on_grid=true)"
    store = factorhub.generate("dsprites", tmp_path / "ridge", rows=600, regime=text, splits={"train": 0.5, "test": 0.5})
    on_grid = factorhub.evaluate(model, store, ["mig"], n=500, draws=2, model="m")
    by_name = factorhub.evaluate(model, "dsprites", ["mig"], n=500, draws=2, model="m")
    own = factorhub.evaluate(model, store, ["mig"], n=500, draws=2, regime="own", model="m")
    test = factorhub.evaluate(model, store, ["mig"], n=500, split="test", model="m")
    assert float(on_grid["mig"].value()) == by_name["mig"].value()
    assert on_grid.set["digest"] == by_name.set["digest"]
    assert [r.set["rows"] for r in (on_grid, own, test)][0::2] == ["independent grid", "split test as stored"]
    assert "correlated" in own.set["rows"]
    assert "correlated" in str(on_grid)
    assert len({r.set["digest"] for r in (on_grid, own, test)}) == 3
    assert (test.draws, test.set["n"], test["mig"].method) == (1, 300, "jackknife over 20 blocks of rows")


def test_codes_by_row_by_index_and_a_function_agree(sprites: Store, model: Any) -> None:
    test = factorhub.open(sprites.folder, "test")
    codes = model(test["image"])
    shuffle = np.random.default_rng(0).permutation(len(test))
    by_row = factorhub.evaluate(codes, test, ["mig", "dci"], model="m")
    by_index = factorhub.evaluate(codes[shuffle], test, ["mig", "dci"], index=test["index"][shuffle], model="m")
    by_call = factorhub.evaluate(model, sprites, ["mig", "dci"], split="test", model="m")
    for name in ("mig", "dci"):
        assert by_row[name].value() == pytest.approx(by_call[name].value(), abs=1e-12)
        assert by_index[name].value() == pytest.approx(by_call[name].value(), abs=1e-12)
    assert by_row.set["digest"] == by_index.set["digest"] == by_call.set["digest"]
    some = factorhub.evaluate(codes[:150], test, ["mig"], index=test["index"][:150], model="m")
    assert some.set["digest"] != by_row.set["digest"]


def test_codes_of_a_grid_by_natural_row() -> None:
    space = factorhub.generator("dsprites").space
    rows = np.random.default_rng(0).integers(0, len(space), 3000)
    rows = np.unique(rows)
    report = factorhub.evaluate(space.codes(rows).astype(float), "dsprites", ["mig"], index=rows)
    assert report["mig"].adjusted() == pytest.approx(1)


def test_nuisances_and_single_values_are_not_scored_unless_named() -> None:
    report = factorhub.evaluate(lambda x: x[:, 0, :3], "noisy_dsprites", ["r2"], n=300, draws=1)
    assert "noise" not in report.factors
    assert factorhub.evaluate(lambda x: x[:, 0, :3], "dsprites", ["r2"], n=300, draws=1, factors=["shape"]).factors == ("shape",)
    assert "not scored: color" in str(factorhub.evaluate(lambda x: x[:, 0, :3], "dsprites", ["r2"], n=300, draws=1))


def test_one_draw_has_the_error_of_a_jackknife_about_that_of_fresh_draws(model: Any) -> None:
    one = factorhub.evaluate(model, "dsprites", ["mig"], n=4000, draws=1)["mig"].error[""]
    fresh = factorhub.evaluate(model, "dsprites", ["mig"], n=4000, draws=12)["mig"].error[""]
    assert fresh / 3 < one < fresh * 3


def test_metrics_that_draw_batches_or_fit_models_have_no_jackknife(model: Any) -> None:
    report = factorhub.evaluate(model, "dsprites", ["factor_vae"], n=1000, draws=1)
    assert report["factor_vae"].error == {}
    assert "no error of factor_vae" in str(report)


def test_pairs_are_drawn_where_a_metric_asks_for_them() -> None:
    space = factorhub.generator("dsprites").space
    report = factorhub.evaluate(lambda x: x[:, ::8, ::8].reshape(len(x), -1), "dsprites", ["omes"], n=1500, draws=1)
    ideal, noise = (report["omes"].reference(kind) for kind in ("ideal", "noise"))
    assert ideal is not None
    assert noise is not None
    assert noise < 0.3 < 0.9 < ideal
    assert len(report.factors) == len(space.factors) - 1


def test_traversals_are_drawn_where_a_metric_asks_for_them() -> None:
    report = factorhub.evaluate(lambda x: x[:, ::8, ::8].reshape(len(x), -1), "dsprites", ["flatness"], n=50, draws=2)
    ideal, noise, twice = (report["flatness"].reference(kind) for kind in ("ideal", "noise", "duplicated"))
    assert ideal == pytest.approx(1)
    assert twice == pytest.approx(0.5**0.5)  # a line along a diagonal
    assert noise is not None
    assert noise < 0.1
    assert list(report["flatness"].per_factor) == list(report.factors)
    assert report["flatness"].scores[0].settings["shapes"]["shape"] == [128, 3, 64]
    source = subject("pendulum", 0)
    assert source.traversals is not None
    rows, lines = source.traversals(0, 4, ["length"])
    assert lines == (("length", 4, 32),)
    moved = rows.values.reshape(4, 32, -1)
    assert [bool(np.ptp(moved[..., k], axis=1).max() > 0) for k in range(moved.shape[-1])].count(True) == 1


def test_a_printed_report_fits_a_hundred_columns_and_names_its_panel(report: Report) -> None:
    full = factorhub.evaluate(lambda x: x[:, 20:40:5, 20:40:5].reshape(len(x), -1), "dsprites", "basic", n=1000, draws=2)
    for text in (str(report), str(full)):
        assert max(map(len, text.split("\n"))) <= 100
        assert all(kind in text for kind in (*KINDS, "adjusted", "±"))


def test_of_a_tier_a_metric_that_refuses_is_left_out_and_named(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Judge.score

    def picky(self: Judge, *arrays: Any, **settings: Any) -> Any:
        if self.metric.name == "mig":
            raise InputError("these codes are too odd; give others")
        return right(self, *arrays, **settings)

    monkeypatch.setattr(Judge, "score", picky)
    report = factorhub.evaluate(model, "dsprites", "basic", n=300, draws=1)
    assert "mig" not in [result.judge.name for result in report]
    assert "mig is left out: these codes are too odd" in str(report)
    with pytest.raises(InputError, match="these codes are too odd"):
        factorhub.evaluate(model, "dsprites", ["mig", "r2"], n=300, draws=1)


def test_where_no_metric_takes_the_codes_there_is_no_report(model: Any) -> None:
    with pytest.raises(InputError, match="no metric takes these codes; .* needs two rows a class"):
        factorhub.evaluate(model, "dsprites", "basic", n=60, draws=1)


def test_without_a_panel_the_report_says_so(model: Any) -> None:
    report = factorhub.evaluate(model, "dsprites", ["mig"], n=400, draws=1, panel=False)
    assert report["mig"].adjusted() is None
    assert "without a panel, which leaderboards refuse" in str(report)
    assert report.record()["results"][0]["panel"] is None


def test_progress_counts_every_row(model: Any) -> None:
    told: list[int] = []
    factorhub.evaluate(model, "dsprites", ["mig"], n=400, draws=2, progress=told.append)
    assert sum(told) == 2 * 400 + 3 * 400


def test_any_source_of_labelled_rows(sprites: Store, model: Any) -> None:
    report = factorhub.evaluate(model, sprites.reader, ["mig"], n=500)
    assert (report.draws, report.set["rows"]) == (1, "rows as stored")
    drawn = factorhub.recipe("dsprites", rows=50).source()
    assert factorhub.evaluate(model, drawn, ["mig"], n=500, draws=1).set["rows"] == "independent grid"


NOT: list[tuple[dict[str, Any], str]] = [
    ({"what": None}, "evaluate needs what to judge on; got none"),
    ({"what": 5}, "a model is judged on a generator, a recipe, a set or its path; got 5"),
    ({"what": "dsprite"}, "did you mean 'dsprites'?"),
    ({"what": "./nowhere"}, "there is no such folder"),
    ({"metrics": "migg"}, "no metric named 'migg'"),
    ({"metrics": 5}, "metrics are 'basic', 'full', a protocol's name, or a list of names; got 5"),
    ({"metrics": []}, "metrics names none"),
    ({"metrics": ["mig", "mig"]}, "metrics names mig twice"),
    ({"metrics": [("mig", 3)]}, "the settings of mig are a dictionary"),
    ({"metrics": [3]}, "a metric is a name or (name, settings); got 3"),
    ({"metrics": {"mig": {"bin": 3}}}, "no setting named 'bin' in mig"),
    ({"metrics": ["udr"]}, "udr needs codes of several models"),
    ({"draws": 0}, "draws is a whole number from 1 to 1000; got 0"),
    ({"n": 1}, "n (rows of a draw) is a whole number from 2"),
    ({"seed": -1}, "a seed is a whole number from 0"),
    ({"batch": 0}, "batch is a whole number from 1; got 0"),
    ({"split": "test"}, "a split is one of a stored set"),
    ({"regime": "pairs(k=1)"}, "this regime draws them with an axis pair"),
    ({"regime": "own"}, "regime 'own' is that of a recipe or a set"),
    ({"regime": 5}, "regime is one of factorhub.regimes"),
    ({"factors": ["shap"]}, "no factor named 'shap' in dsprites"),
    ({"factors": []}, "a model is judged by factors that vary"),
    ({"field": "picture"}, "no field named 'picture' in dsprites"),
    ({"layout": "chw"}, "no layout named 'chw' in evaluate; it has stored, float, torch"),
    ({"index": [1]}, "index goes with codes"),
    ({"model": {"version": 1}}, "a model has a name"),
    ({"model": {"name": "a", "sed": 1}}, "no entry named 'sed' in what is said of a model"),
    ({"model": {"name": "a", "code": "median"}}, "no code named 'median'"),
    ({"model": {"name": "a", "url": 5}}, "url of a model is text; got 5"),
    ({"options": {"sise": 3}}, "no option named 'sise' in dsprites"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "text"), NOT, ids=str)
def test_mistakes_are_one_clear_line(asked: dict[str, Any], text: str, model: Any) -> None:
    given = {"what": "dsprites", "metrics": ["mig"], "n": 300, "draws": 1, **asked}
    with pytest.raises(FactorhubError) as caught:
        factorhub.evaluate(model, given.pop("what"), given.pop("metrics"), **given)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def codes_of(store: Store) -> Any:
    return np.stack([store[name] for name in store.space.names], axis=1).astype(float)


WRONG: list[tuple[Any, Any, str]] = [
    (lambda z: z[:50], None, "dsprites has 300 rows, and codes have a row for each; got 50 rows; give their row numbers as index"),
    (lambda z: z[:50], np.arange(50.0), "index holds a whole number for each of the 50 rows of codes; got float64"),
    (lambda z: z[:50], np.zeros(50, int), "index names a row twice"),
    (lambda z: z[:50], np.arange(50) - 3, "it has no row -3"),
    (lambda z: z[:50], np.arange(50) + 10**12, "it has no row"),
    (lambda z: z[:, None] * [[[1], [2]]], None, "codes are numbers (rows, D), a row each; got shape (300, 2, 6)"),
    (lambda z: z * np.nan, None, "codes are finite numbers; got nan in row 0, code 0"),
    (lambda z: z.astype(str), None, "codes are real numbers (n, D); got an array of <U"),
    (lambda z: 3.0, None, "codes are numbers (rows, D), a row each; got shape ()"),
    (lambda z: [[1], [1, 2]], None, "codes are numbers (rows, D)"),
]


@pytest.mark.parametrize(("wrong", "index", "text"), WRONG, ids=[text for _, _, text in WRONG])
def test_codes_that_do_not_fit(wrong: Any, index: Any, text: str, sprites: Store) -> None:
    test = factorhub.open(sprites.folder, "test")
    with pytest.raises(FactorhubError) as caught:
        factorhub.evaluate(wrong(codes_of(test)), test, ["mig"], index=index)
    assert text in str(caught.value)


def test_codes_need_rows_that_they_belong_to(sprites: Store) -> None:
    with pytest.raises(
        FactorhubError, match="dsprites is a generator; give a stored set, or a function that encodes; or give index"
    ):
        factorhub.evaluate(np.zeros((5, 2)), "dsprites")
    with pytest.raises(FactorhubError, match="needs rows that differ in one factor"):
        factorhub.evaluate(codes_of(sprites), sprites, ["omes"])


def test_differences_of_two_models_are_paired(model: Any) -> None:
    first, second = (factorhub.evaluate(f, "dsprites", ["mig", "dci"], n=1000, draws=4) for f in (model, lambda x: model(x)[:, :2]))
    apart = first.over(second)
    assert apart["mig"][0] == pytest.approx(first["mig"].value() - second["mig"].value())
    assert apart["mig"][1] == pytest.approx(np.std(np.subtract(first["mig"].scores, second["mig"].scores), ddof=1))
    assert first.over(first) == {"mig": (0.0, 0.0), "dci": (0.0, 0.0)}
    with pytest.raises(InputError, match="models are compared on the same draws"):
        first.over(factorhub.evaluate(model, "dsprites", ["mig"], n=1000, draws=4, seed=1))
    with pytest.raises(InputError, match="models are compared on the same rows"):
        first.over(factorhub.evaluate(model, "dsprites", ["mig"], n=999, draws=4))
    with pytest.raises(InputError, match="share no metric"):
        first.over(factorhub.evaluate(model, "dsprites", ["r2"], n=1000, draws=4))


def test_code_of_an_outsider_is_not_imported_because_a_set_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "from factorhub.dsprites_like.dsprites import dsprites\n\ndef mine():\n    return dsprites()\n"
    text = text.replace("def mine()", "from factorhub.generator import Generator\n\ndef mine() -> Generator")
    (tmp_path / "outsiders_sprites.py").write_text(text)
    factorhub.generate("outsiders_sprites:mine", tmp_path / "set", rows=400)
    monkeypatch.delitem(sys.modules, "outsiders_sprites")
    report = factorhub.evaluate(model, tmp_path / "set", ["mig"], n=300)
    assert "outsiders_sprites" not in sys.modules
    assert (report.set["rows"], report.draws, report.set["n"]) == ("rows as stored", 1, 300)
    trusted = factorhub.open(tmp_path / "set", generator="outsiders_sprites:mine")
    assert factorhub.evaluate(model, trusted, ["mig"], n=300, draws=2).set["rows"] == "independent grid"


def test_nothing_is_adjusted_where_ideal_is_no_better_than_noise(model: Any) -> None:
    report = factorhub.evaluate(model, "dsprites", ["effective_rank", "fairness", "dci_es", "mig"], n=600, draws=1)
    assert [report[name].adjusted() for name in ("effective_rank", "fairness")] == [None, None]
    assert report["dci_es"].adjusted() is not None
    assert report["dci_es"].adjusted("as published") is None  # noise gets more than ideal there
    assert report["mig"].adjusted() is not None
    assert "fairness ↓" in str(report)
