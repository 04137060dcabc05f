"""The panel: what its codes are, and that what is kept is what would be computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.evaluation import panel
from factorhub.evaluation.panel import KINDS, reference, rotation
from factorhub.evaluation.scoring import Judge


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORHUB_CACHE_DIR", str(tmp_path))
    panel.forget()
    return tmp_path / "panels"


def judge(model: Any) -> Any:
    return factorhub.evaluate(model, "dsprites", ["mig", "dci"], draws=1, n=500, seed=1, model="m").record("2026-01-01")


def test_a_kept_panel_equals_a_fresh_one(kept: Path, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = judge(model)
    assert len(list(kept.iterdir())) == 2
    in_memory = judge(model)
    panel.forget()
    scored: list[Any] = []
    right = Judge.numbers
    monkeypatch.setattr(Judge, "numbers", lambda self, *a, **k: scored.append(len(a[0])) or right(self, *a, **k))
    from_disk = judge(model)
    assert fresh == in_memory == from_disk
    assert set(scored) == {475}  # the jackknife alone, and no panel


DAMAGE: list[Any] = [
    lambda text: "",
    lambda text: text[: len(text) // 2],
    lambda text: "[]",
    lambda text: "3",
    lambda text: "[" * 100_000,
    lambda text: json.dumps({**json.loads(text), "key": {"set": "another"}}),
    lambda text: json.dumps({**json.loads(text), "scores": {kind: {"": float("nan")} for kind in KINDS}}),
    lambda text: json.dumps({**json.loads(text), "scores": {kind: {"": "a"} for kind in KINDS}}),
    lambda text: json.dumps({**json.loads(text), "scores": {kind: {} for kind in KINDS}}),
    lambda text: json.dumps({**json.loads(text), "scores": dict.fromkeys(KINDS, 3)}),
]


@pytest.mark.parametrize("damage", range(len(DAMAGE)))
def test_what_is_damaged_on_disk_is_computed_again(damage: int, kept: Path, model: Any) -> None:
    fresh = judge(model)
    for path in kept.iterdir():
        path.write_text(DAMAGE[damage](path.read_text()))
    panel.forget()
    assert judge(model) == fresh
    panel.forget()
    assert judge(model) == fresh


def test_where_nothing_can_be_kept_nothing_is_missing(tmp_path: Path, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACTORHUB_CACHE_DIR", str(tmp_path / "file"))
    panel.forget()
    assert judge(model)["results"][0]["panel"]["ideal"] > 0.5


def test_infinite_scores_are_kept(kept: Path) -> None:
    del kept
    made = [factorhub.evaluate(lambda x: x[:, 30, 20:40:4], "dsprites", ["total_correlation"], n=400, draws=1) for _ in range(2)]
    panel.forget()
    again = factorhub.evaluate(lambda x: x[:, 30, 20:40:4], "dsprites", ["total_correlation"], n=400, draws=1)
    assert made[0].record()["results"] == again.record()["results"]


def test_reference_codes_are_what_they_are_called() -> None:
    ideal = np.random.default_rng(0).integers(0, [3, 6, 40], (20_000, 3)).astype(float)
    made = {kind: reference(kind, ideal, 10, 0) for kind in KINDS}
    assert {kind: codes.shape[1] for kind, codes in made.items()} == {
        "ideal": 3, "noise": 10, "rotated": 10, "duplicated": 6, "padded": 10,
    }  # fmt: skip
    assert np.array_equal(made["ideal"], ideal)
    assert np.array_equal(made["duplicated"][:, ::2], ideal)
    assert np.abs(np.corrcoef(np.hstack([made["noise"], ideal]).T) - np.eye(13)).max() < 0.05
    assert np.allclose(made["padded"].std(axis=0), 1, atol=0.03)
    assert np.allclose(np.cov(made["rotated"].T), np.eye(10), atol=0.05)
    assert np.allclose(np.linalg.lstsq(made["rotated"], made["padded"], rcond=None)[0], rotation(10, 0).T)


def test_a_rotation_is_orthogonal_and_the_seeds_own() -> None:
    q = rotation(12, 5)
    assert np.allclose(q @ q.T, np.eye(12))
    assert not np.allclose(q, rotation(12, 6))


def test_noise_is_keyed_by_row() -> None:
    assert np.array_equal(reference("noise", np.zeros((50, 1)), 4, 0), reference("noise", np.zeros((80, 1)), 4, 0)[:50])


def test_the_published_calibration_is_met() -> None:
    """Exact bins, Miller-Madow and the floor at N = 10,000, as measured for dSprites; rotations differ by their matrix."""
    report = factorhub.evaluate(
        lambda x: np.resize(x[:, 30], (len(x), 10)), "dsprites", ["mig", "modularity", "dci", "mcc"], draws=1
    )
    expected = {
        "mig": {"ideal": 0.990, "noise": 0.0, "duplicated": 0.0, "padded": 0.990},
        "modularity": {"ideal": 1.0, "noise": 0.0, "duplicated": 1.0, "padded": 1.0},
        "dci": {"ideal": 1.0, "noise": 0.0, "duplicated": 1.0, "padded": 1.0},
        "mcc": {"ideal": 1.0, "noise": 0.0, "duplicated": 1.0, "padded": 1.0},
    }
    for name, kinds in expected.items():
        for kind, number in kinds.items():
            assert report[name].reference(kind) == pytest.approx(number, abs=0.01), (name, kind)
    assert report["dci"].reference("duplicated", "completeness") == pytest.approx(0.699, abs=0.01)
    assert 0.03 < (report["mig"].reference("rotated") or 0) < 0.2
    assert 0.5 < (report["mcc"].reference("rotated") or 0) < 0.75
