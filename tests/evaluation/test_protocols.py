"""Protocols: data that come back equal, that name metrics and presets that there are, and that are followed or refused."""

from __future__ import annotations

import fnmatch
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.evaluation import Protocol, protocol, protocols
from factorhub.evaluation.published import PROTOCOLS, protocols_of
from factorhub.evaluation.scoring import TIERS, judges
from factorhub.metrics import CATALOG
from factorhub.regimes.presets import PRESETS

ELSEWHERE = ("fotiadis-forecast", "object-discovery", "counterfactual")  # need more of a model than codes


@pytest.mark.parametrize("rule", PROTOCOLS, ids=lambda rule: rule.name)
def test_a_protocol_is_data_that_comes_back_equal(rule: Protocol) -> None:
    assert Protocol.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
    if rule.name in ELSEWHERE:
        with pytest.raises(InputError, match="which evaluate does not draw; call factorhub.metrics."):
            judges(rule.metrics_asked)
    else:
        assert [judge.metric.name for judge in judges(rule.metrics_asked)] == [name for name, _ in rule.metrics]
    assert protocol(rule.name) is rule
    assert rule.source
    for pattern in rule.presets:
        assert any(fnmatch.fnmatchcase(preset.name, pattern) for preset in PRESETS), pattern


def test_names_are_distinct_and_no_metrics() -> None:
    assert len(set(protocols())) == len(PROTOCOLS)
    assert not set(protocols()) & {*CATALOG, *TIERS}


def test_a_digest_is_of_what_scores_depend_on() -> None:
    rule = protocol("dlib-quick")
    assert replace(rule, description="other", source="other", presets=(), seeds=(1,)).digest == rule.digest
    for change in ({"n": 5}, {"draws": 2}, {"metrics": (("mig", ()),)}, {"split": "test"}, {"code": "sample"}, {"name": "x"}):
        assert replace(rule, **change).digest != rule.digest  # type: ignore[arg-type]


def test_every_digest_stays_what_it_is() -> None:
    assert {rule.name: rule.digest[:12] for rule in PROTOCOLS} == DIGESTS


DIGESTS: dict[str, str] = {
    "calibrated": "4d17110875ca",
    "dlib-study": "d4244815db15",
    "dlib-quick": "1c87ae1ef8ce",
    "dmelodies-benchmark": "0028de6213c8",
    "infomec-benchmark": "7c9a9880bd8e",
    "traeuble-correlated": "cf28a12d3c9d",
    "montero-held-out": "05fbaaeee334",
    "bethgelab-in-domain": "5422165df1da",
    "locatello-pairs": "858c8386a4ad",
    "fotiadis-dynamics": "63edfd22a0e4",
    "fotiadis-forecast": "52f5fbf70fc0",
    "object-discovery": "1a506064c4c2",
    "counterfactual": "1553d24e16c2",
}


def test_a_protocol_is_followed(model: Any) -> None:
    rule = Protocol("small", "for tests", "us", (("mig", (("bins", 10),)),), n=300, draws=2)
    report = factorhub.evaluate(model, "dsprites", rule)
    assert (report.set["n"], report.draws, report["mig"].judge.name) == (300, 2, "mig(bins=10)")
    assert report.record()["protocol"] == {"name": "small", "digest": rule.digest}
    assert "protocol small" in str(report)


def test_what_contradicts_a_protocol_is_refused(model: Any, tmp_path: Path) -> None:
    melodies = "protocol dmelodies-benchmark judges split test of a stored set; got 'dmelodies'; give its path; factorhub generate"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"what": "dsprites", "metrics": "calibrated", "n": 5}, "protocol calibrated has n=10000; got n=5 beside it"),
        ({"what": "dsprites", "metrics": "calibrated", "draws": 1}, "protocol calibrated has draws=5; got draws=1"),
        ({"what": "dsprites", "metrics": "calibrated", "regime": "uniform"}, "says which rows are judged; got regime 'uniform'"),
        ({"what": "dmelodies", "metrics": "dmelodies-benchmark"}, melodies),
        ({"metrics": "calibrated"}, "evaluate needs what to judge on"),
        (
            {"what": "dsprites", "metrics": "calibrated", "model": {"name": "a", "code": "sample"}},
            "judges means of codes; got a model",
        ),
    ]
    for asked, text in cases:
        with pytest.raises(InputError) as caught:
            factorhub.evaluate(model, **asked)
        assert text in str(caught.value)
    store = factorhub.generate("dsprites", tmp_path / "set", rows=200, splits={"train": 0.5, "test": 0.5})
    with pytest.raises(InputError, match="protocol dmelodies-benchmark is for dmelodies; got dsprites"):
        factorhub.evaluate(model, store.folder, "dmelodies-benchmark")
    with pytest.raises(InputError, match="protocol montero-held-out judges split test; got split train"):
        factorhub.evaluate(model, store.folder, "montero-held-out", split="train")


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no protocol named 'dlib-studi'; .*did you mean 'dlib-study'"):
        protocol("dlib-studi")
    with pytest.raises(InputError, match="a protocol is data as Protocol.to_dict gives it"):
        Protocol.from_dict({"name": "a"})


def test_presets_and_protocols_point_at_one_another() -> None:
    assert protocols_of("dsprites-traeuble-b-0.2") == ["traeuble-correlated"]
    assert protocols_of("pendulum-fotiadis") == ["fotiadis-dynamics", "fotiadis-forecast"]
    assert protocols_of("slowvae-laplace") == []
