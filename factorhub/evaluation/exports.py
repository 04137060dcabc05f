"""Records in two public formats: Hugging Face's community evals (a YAML list beside a model), and Every Eval Ever (JSON).

Both formats were young when this was written; what of a record has no place in them goes into their notes and details.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Literal

from factorhub.errors import InputError, short, unknown
from factorhub.evaluation import schema
from factorhub.printable import quoted

EVERY_EVAL_EVER = "0.2.1"
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")
DATASET = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def hugging_face(record: Mapping[str, Any], dataset: str, *, revision: str = "", url: str = "", source: str = "") -> str:
    """The text of a file `.eval_results/NAME.yaml` of a model repository: an entry for each metric, one value each.

    Args:
        record: of `Report.record`, or read from a file.
        dataset: the repository of the data set, such as "name/dsprites"; its `eval.yaml` has to list the tasks.
        revision: of the data set.
        url, source: address and name of who states the values; left out where empty.

    Raises:
        InputError: no record, or no name of a repository.

    >>> import factorhub
    >>> report = factorhub.evaluate(lambda x: x.mean(axis=(1, 2)), "dsprites", ["mig"], draws=1, n=500, model="mean")
    >>> print(hugging_face(report.record("2026-05-01"), "someone/dsprites").split("notes")[0].rstrip())
    - dataset:
        id: "someone/dsprites"
        task_id: "mig-v1-4f53cda1"
      value: ...
      date: "2026-05-01"
    """
    _check(record)
    if not isinstance(dataset, str) or not DATASET.fullmatch(dataset):
        raise InputError(f"a data set on the hub is called owner/name; got {short(dataset)}; give its repository")
    lines = []
    for result in record["results"]:
        lines += ["- dataset:", f"    id: {quoted(dataset)}", f"    task_id: {quoted(result['metric']['id'])}"]
        lines += [f"    revision: {quoted(revision)}"] if revision else []
        lines += [f"  value: {_yaml(result['score'])}", f"  date: {quoted(record['date'])}"]
        if url or source:
            lines += ["  source:"] + [f"    {key}: {quoted(text)}" for key, text in (("url", url), ("name", source)) if text]
        lines.append(f"  notes: {quoted(_note(record, result))}")
    return "\n".join(lines) + "\n"


def every_eval_ever(
    record: Mapping[str, Any],
    organization: str,
    *,
    relationship: Literal["first_party", "third_party", "collaborative", "other"] = "first_party",
    developer: str = "unknown",
) -> dict[str, Any]:
    """The record as JSON data of Every Eval Ever 0.2.1; its place there is `data/SET/DEVELOPER/MODEL/ID.json`.

    Args:
        record: of `Report.record`, or read from a file.
        organization: who evaluated.
        relationship: of the evaluator to the model.
        developer: of the model, the first half of its id.

    Raises:
        InputError: no record, no organization, or an unknown relationship.
    """
    _check(record)
    if not isinstance(organization, str) or not organization:
        raise InputError(f"organization names who evaluated; got {short(organization)}; give a name")
    if relationship not in RELATIONSHIPS:
        raise unknown("relationship", relationship, RELATIONSHIPS, "Every Eval Ever")
    place, model = record["set"], record["model"]
    moment = datetime.datetime.fromisoformat(record["date"]).replace(tzinfo=datetime.UTC).timestamp()
    return {
        "schema_version": EVERY_EVAL_EVER,
        "evaluation_id": f"{place['name']}/{model['name']}/{record['id']}",
        "retrieved_timestamp": str(int(moment)),
        "source_metadata": {
            "source_type": "evaluation_run",
            "source_organization_name": organization,
            "evaluator_relationship": relationship,
        },
        "eval_library": {"name": "factorhub", "version": record["libraries"].get("factorhub", "unknown")},
        "model_info": {
            "name": model["name"],
            "id": f"{developer}/{model['name']}",
            "additional_details": {key: str(value) for key, value in model.items() if key != "name"},
        },
        "evaluation_results": [_evaluated(record, result) for result in record["results"]],
    }


def _evaluated(record: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    metric, place, error = result["metric"], record["set"], result["se"]
    low, high = metric["range"]
    uncertainty: dict[str, Any] = {"num_samples": place["n"]}
    if error is not None:
        uncertainty["standard_error"] = {"value": error["value"], "method": error["method"]}
    beside = {f"panel_{kind}": str(number) for kind, number in (result["panel"] or {}).items()}
    details = {
        "adjusted": str(result["adjusted"]), "draws": str(record["draws"]), "seed": str(record["seed"]),
        "content_hash": record["content_hash"], **beside,
    }  # fmt: skip
    return {
        "evaluation_name": metric["id"],
        "source_data": {
            "dataset_name": place["name"],
            "source_type": "other",
            "additional_details": {"digest": place["digest"], "rows": place["rows"], "factors": ", ".join(record["factors"])},
        },
        "metric_config": {
            "evaluation_description": f"{metric['name']} by {metric['estimator']}",
            "lower_is_better": metric["better"] == "lower",
            "score_type": "continuous",
            **({"min_score": low} if isinstance(low, (int, float)) else {}),
            **({"max_score": high} if isinstance(high, (int, float)) else {}),
        },
        "score_details": {"score": result["score"], "details": details, "uncertainty": uncertainty},
    }


def _check(record: Mapping[str, Any]) -> None:
    if problem := schema.problem(record):
        raise InputError(f"this is no record: {problem}; give what Report.record() returns or a saved record holds")


def _yaml(number: float | str) -> str:
    return f".{number}".replace(".-", "-.") if isinstance(number, str) else repr(number)


def _note(record: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    beside = result["panel"] or {}
    panel = ", ".join(f"{kind} {number:.4g}" for kind, number in beside.items() if isinstance(number, (int, float)))
    error = f" ± {result['se']['value']:.2g} ({result['se']['method']})" if result["se"] else ""
    rows = f"{record['set']['rows']}, {record['set']['n']} rows, seed {record['seed']}"
    return f"{result['metric']['name']} by {result['metric']['estimator']}{error}; {rows}; in its place: {panel}"
