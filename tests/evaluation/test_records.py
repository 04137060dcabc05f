"""Records: their schema, digests, files and exports; and those of strangers."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import factorhub
from factorhub.errors import FactorhubError, InputError, StoreError
from factorhub.evaluation import Report, exports, leaderboard, record, schema
from factorhub.storage import whole

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_schema_of_the_docs_is_the_one_that_is_checked() -> None:
    assert json.loads((DOCS / "record.schema.json").read_text()) == schema.SCHEMA


def test_records_fit_the_schema_and_come_back_from_their_file(report: Report, tmp_path: Path) -> None:
    path = report.save(tmp_path / "new" / "folder")
    made = report.record()
    assert schema.problem(made) == ""
    assert record.read(path) == {**made, "date": record.read(path)["date"]}
    assert re.fullmatch(r"centres-dsprites-3_metrics-seed3-[0-9a-f]{8}\.json", path.name)
    assert report.save(path.parent) == path
    assert len(list(path.parent.iterdir())) == 1


def test_dates_and_libraries_are_no_part_of_the_content(report: Report) -> None:
    old, new = report.record("2020-01-01"), report.record("2030-01-01")
    assert (old["content_hash"], old["id"]) == (new["content_hash"], new["id"])
    for key in ("draws", "seed", "model", "set", "results"):
        changed = {**old, key: 5}
        assert record.content_hash(changed) != old["content_hash"], key


def test_a_record_says_all_that_a_score_depends_on(report: Report) -> None:
    made = report.record()
    mig = made["results"][0]
    assert {"estimator": "plug-in", "bins": 20, "bias_correction": "miller-madow", "seed": 3}.items() <= mig["metric"].items()
    assert made["set"]["recipe"]["generator"] == "dsprites"
    assert made["libraries"].keys() >= {"factorhub", "numpy", "scikit-learn"}
    assert mig["se"] == {"value": mig["se"]["value"], "method": "sd over fresh draws", "draws": 2}
    assert set(mig["panel"]) == {"ideal", "noise", "rotated", "duplicated", "padded"}
    assert made["results"][1]["parts"]["completeness"]["panel"]["ideal"] > 0.9
    assert mig["adjusted"] == pytest.approx(
        (mig["score"] - mig["panel"]["noise"]) / (mig["panel"]["ideal"] - mig["panel"]["noise"])
    )


def test_ctrl_c_while_saving_leaves_no_half_record(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(whole.os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            report.save(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert report.save(tmp_path).exists()


def test_folders_that_cannot_be_written(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        report.save(tmp_path / "file")
    with pytest.raises(InputError, match="save takes the path of a folder"):
        report.save(5)  # type: ignore[arg-type]


def test_names_of_models_cannot_leave_the_folder(model: Any, tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "a/b", "x" * 290, "\x1b[2J", "…", "."):
        report = factorhub.evaluate(model, "dsprites", ["mig"], n=300, draws=1, model=name)
        assert report.save(tmp_path / "in").parent == tmp_path / "in"
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def changed(made: dict[str, Any], *where: Any, to: Any) -> dict[str, Any]:
    made = copy.deepcopy(made)
    inner: Any = made
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = to
    return {**made, "content_hash": record.content_hash(made)} if "content_hash" not in where else made


HOSTILE: list[tuple[tuple[Any, ...], Any, str]] = [
    (("schema",), "factorhub.record/9", "'schema' of the record is one of factorhub.record/1"),
    (("content_hash",), "0" * 64, "it was changed after it was written"),
    (("content_hash",), "0" * 64 + "\n", "is of the form"),
    (("draws",), True, "'draws' of the record is of type integer; got True"),
    (("draws",), 0, "at least 1; got 0"),
    (("seed",), -1, "at least 0; got -1"),
    (("results",), [], "at least 1 entries; got 0"),
    (("results", 0, "score"), "high", "'score' of entry 0 of 'results'"),
    (("results", 0, "score"), None, "'score' of entry 0 of 'results'"),
    (("results", 0, "panel", "ideal"), [1], "'ideal' of 'panel'"),
    (("results", 0, "per_factor"), {"a": "b"}, "is of type number; got 'b'"),
    (("results", 0, "extra"), 1, "has an entry 'extra', which is none of a record"),
    (("model", "name"), "", "has 1 to 300 letters; got 0"),
    (("model", "name"), "x" * 301, "has 1 to 300 letters; got 301"),
    (("model",), [], "is of type object; got []"),
    (("date",), "yesterday", "is of the form"),
]


@pytest.mark.parametrize(("where", "to", "text"), HOSTILE, ids=[text for _, _, text in HOSTILE])
def test_records_that_are_none_are_refused_in_one_line(
    where: tuple[Any, ...], to: Any, text: str, report: Report, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(changed(report.record(), *where, to=to)))
    with pytest.raises(InputError) as caught:
        record.read(path)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert leaderboard(tmp_path).refused[0][0] == "a.json"


FILES = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b'{"schema": NaN}', b'{"a": 1e999}', b"9" * 5000, b"x" * (5 << 20)]


@pytest.mark.parametrize("content", FILES, ids=lambda content: repr(content[:10]))
def test_files_that_are_no_records_are_refused_in_one_line(content: bytes, report: Report, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(content)
    report.save(tmp_path)
    board = leaderboard(tmp_path)
    assert [name for name, _ in board.refused] == ["b.json"]
    assert len(board.tables) == 1
    with pytest.raises(FactorhubError) as caught:
        record.read(tmp_path / "b.json")
    assert "\n" not in str(caught.value)


def test_pipes_and_links_do_not_hang_or_lead_out(report: Report, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    report.save(outside)
    folder = tmp_path / "folder"
    folder.mkdir()
    os.symlink(outside, folder / "link")
    os.mkfifo(folder / "pipe.json")
    board = leaderboard(folder)
    assert board.tables == ()
    assert [name for name, _ in board.refused] == ["pipe.json"]


def test_hugging_face_gets_yaml_with_a_value_each(report: Report) -> None:
    made = report.record("2026-05-01")
    found = yaml.safe_load(exports.hugging_face(made, "someone/dsprites", revision="main", url="https://x.example", source="us"))
    assert [item["value"] for item in found] == [result["score"] for result in made["results"]]
    assert found[0]["dataset"] == {"id": "someone/dsprites", "task_id": made["results"][0]["metric"]["id"], "revision": "main"}
    assert found[0]["source"] == {"url": "https://x.example", "name": "us"}
    assert "in its place: ideal 0." in found[0]["notes"]
    infinite = changed(made, "results", 0, "score", to="-inf")
    assert yaml.safe_load(exports.hugging_face(infinite, "a/b"))[0]["value"] == float("-inf")


def test_every_eval_ever_gets_its_required_entries(report: Report) -> None:
    made = report.record("2026-05-01")
    found = exports.every_eval_ever(made, "us")
    head = ["schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata"]
    required = [*head, "eval_library", "model_info", "evaluation_results"]
    assert list(found) == required
    assert found["schema_version"] == "0.2.1"
    one = found["evaluation_results"][0]
    assert one["score_details"]["score"] == made["results"][0]["score"]
    assert one["score_details"]["uncertainty"]["standard_error"]["method"] == "sd over fresh draws"
    assert one["metric_config"] == {**one["metric_config"], "lower_is_better": False, "min_score": 0.0, "max_score": 1.0}
    assert all(isinstance(value, str) for value in one["score_details"]["details"].values())


def test_exports_refuse_what_is_no_record(report: Report) -> None:
    with pytest.raises(InputError, match="this is no record"):
        exports.hugging_face({}, "a/b")
    with pytest.raises(InputError, match="is called owner/name; got 'dsprites'"):
        exports.hugging_face(report.record(), "dsprites")
    with pytest.raises(InputError, match="organization names who evaluated"):
        exports.every_eval_ever(report.record(), "")
    with pytest.raises(InputError, match="no relationship named 'own'"):
        exports.every_eval_ever(report.record(), "us", relationship="own")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="this is no record"):
        record.save({"schema": 3}, "anywhere")
