"""Leaderboards: independent of order, never mixing unlike numbers, and safe to show whatever a record says."""

from __future__ import annotations

import csv
import html.parser
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.errors import FactorhubError, InputError
from factorhub.evaluation import Leaderboard, Report, leaderboard, record
from factorhub.evaluation.tables import FORMS


@pytest.fixture(scope="module")
def records(report: Report, model: Any) -> list[dict[str, Any]]:
    """Two models, one of them trained twice, on two sets, by metrics of unlike settings."""

    def judge(sign: float, what: str = "dsprites", metrics: Any = ("mig", "mcc"), **about: Any) -> dict[str, Any]:
        def encode(images: Any) -> Any:
            return model(images if images.ndim == 3 else images[..., 0]) + sign

        return factorhub.evaluate(encode, what, list(metrics), draws=1, n=500, model=about).record("2026-01-01")

    return [
        judge(0, name="a", training_seed=1),
        judge(0.3, name="a", training_seed=2),
        judge(1, name="b"),
        judge(1, name="b", metrics=[("mig", {"bins": 7}), "mcc"]),
        judge(1, "shapes3d", name="b"),
        factorhub.evaluate(model, "dsprites", "calibrated", model="b").record("2026-01-01"),
    ]


def written(records: list[dict[str, Any]], folder: Path) -> Path:
    for made in records:
        record.save(made, folder)
    return folder


def test_unlike_numbers_share_no_column(records: list[dict[str, Any]], tmp_path: Path) -> None:
    board = leaderboard(written(records, tmp_path))
    assert board.refused == ()
    assert len(board.tables) == 3  # dsprites by name, dsprites by protocol, shapes3d
    by_name = next(table for table in board.tables if table.set["name"] == "dsprites" and not table.protocol)
    assert [column.heading for column in by_name.columns] == ["mig", "mig(bins=7)", "mcc"]
    assert [row.model["name"] for row in by_name.rows] == ["b", "a"] or [row.model["name"] for row in by_name.rows] == ["a", "b"]
    row = next(row for row in by_name.rows if row.model["name"] == "a")
    assert set(row.cells) == {by_name.columns[0].id, by_name.columns[2].id}
    cell = row.cells[by_name.columns[0].id]
    assert (cell.runs, cell.over) == (2, "sd over 2 training seeds")
    scores = [made["results"][0]["score"] for made in records[:2]]
    assert cell.score == pytest.approx(np.mean(scores))
    assert cell.error == pytest.approx(np.std(scores, ddof=1))


def test_the_order_of_files_and_folders_changes_nothing(records: list[dict[str, Any]], tmp_path: Path) -> None:
    one = leaderboard(written(records, tmp_path / "one"))
    for place, made in enumerate(reversed(records)):
        (tmp_path / "many" / str(place)).mkdir(parents=True)
        (tmp_path / "many" / str(place) / "r.json").write_text(json.dumps(made))
    parts = [tmp_path / "many" / str(place) for place in range(len(records))]
    assert leaderboard(parts) == leaderboard(parts[::-1]) == leaderboard(tmp_path / "many") == one
    assert leaderboard([tmp_path / "one", tmp_path / "many"]) == one
    assert leaderboard(sorted((tmp_path / "one").iterdir())) == one


def test_merging_folders_is_merging_records(records: list[dict[str, Any]], tmp_path: Path) -> None:
    first, second = written(records[:3], tmp_path / "1"), written(records[3:], tmp_path / "2")
    assert leaderboard([first, second]) == leaderboard(written(records, tmp_path / "all"))


def without(made: dict[str, Any], change: Any) -> dict[str, Any]:
    made = json.loads(json.dumps(made))
    change(made["results"][0])
    return {**made, "content_hash": record.content_hash(made)}


LACKS: list[tuple[Any, str]] = [
    (lambda result: result.update(panel=None), "mig has no panel"),
    (lambda result: result["panel"].update(noise=None), "mig has no panel"),
    (lambda result: result["metric"].update(seed=None), "mig has no seed"),
    (lambda result: result["metric"].update(estimator=None), "mig has no estimator"),
]


@pytest.mark.parametrize(("change", "text"), LACKS)
def test_scores_without_panel_seed_or_estimator_are_refused(
    change: Any, text: str, records: list[dict[str, Any]], tmp_path: Path
) -> None:
    board = leaderboard(written([without(records[2], change)], tmp_path))
    assert [why.partition(",")[0] for _, why in board.refused] == [text]
    assert [column.name for column in board.tables[0].columns] == ["mcc"]


def test_the_latest_of_two_records_of_the_same_counts(records: list[dict[str, Any]], tmp_path: Path) -> None:
    later = without(records[2], lambda result: result.update(score=0.9))
    later["date"] = "2026-02-02"
    board = leaderboard(written([later, records[2]], tmp_path))
    assert board.tables[0].rows[0].cells[board.tables[0].columns[0].id].score == 0.9
    assert "there is a later record" in board.refused[0][1]


EVIL = "<script>alert(1)</script>|=cmd()`*[x](javascript:1)\x1b[2J\n@you www.x.com https://x.example &amp;"


def evil(records: list[dict[str, Any]], name: str = EVIL) -> dict[str, Any]:
    made = json.loads(json.dumps(records[2]))
    made["model"].update(name=name, version=name, training_regime=name)
    made["set"].update(name=name, rows=name)
    made["factors"] = [name]
    for result in made["results"]:
        result["metric"].update(name=name, settings={name: name}, estimator=name)
        result["per_factor"] = {name: 0.5}
    return {**made, "content_hash": record.content_hash(made)}


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_whatever_a_record_says_is_only_shown(records: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "evil.json").write_text(json.dumps(evil(records)))
    (tmp_path / "<b>.json").write_text("{}")
    board = leaderboard(tmp_path)
    assert len(board.tables) == 1
    page = board.to("html")
    tags = Tags()
    tags.feed(page)
    known = "html head meta title style body h1 h2 div table caption thead tbody tr th td p small details summary ul li"
    assert tags.found <= set(known.split())
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content", "class"}
    assert "src=" not in page
    assert "href=" not in page
    marked = board.to("markdown")
    assert "<" not in marked
    assert "](" not in marked.replace("\\](", "")
    assert "https://" not in marked
    assert " @you" not in marked
    lines = [line for line in marked.split("\n") if line.startswith("|")]
    cells = {line.replace("\\|", "").count("|") for line in lines}
    assert len(cells) == 1
    for text in (page, marked, board.to("csv"), board.to("json")):
        assert "\x1b" not in text


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_of_csv_is_a_formula(start: str, records: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "evil.json").write_text(json.dumps(evil(records, start)))
    rows = list(csv.DictReader(io.StringIO(leaderboard(tmp_path).to("csv"))))
    assert {row["model"] for row in rows} == {f"'{start}"}
    assert float(rows[0]["score"]) <= 1


def test_csv_and_json_say_the_same(records: list[dict[str, Any]], tmp_path: Path) -> None:
    board = leaderboard(written(records, tmp_path))
    rows = list(csv.DictReader(io.StringIO(board.to("csv"))))
    data = [item for table in json.loads(board.to("json"))["tables"] for item in table["scores"]]
    assert [float(row["score"]) for row in rows] == [item["score"] for item in data]
    assert list(rows[0]) == list(data[0])


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_board_is_a_board(form: str, tmp_path: Path) -> None:
    assert Leaderboard((), ()).to(form)
    assert leaderboard(tmp_path).tables == ()


def test_mistakes_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FactorhubError, match="leaderboard reads folders of records; there is none at"):
        leaderboard(tmp_path / "none")
    with pytest.raises(InputError, match="leaderboard takes the path of a folder; got 5"):
        leaderboard([5])  # type: ignore[list-item]
    with pytest.raises(InputError, match="no form named 'xml' in leaderboards; it has markdown, csv, html, json"):
        leaderboard(tmp_path).to("xml")
