"""Records: a report as JSON data that a stranger can check, file, and put into a leaderboard."""

from __future__ import annotations

import datetime
import json
import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factorhub.errors import InputError, StoreError
from factorhub.evaluation import panel, schema
from factorhub.evaluation.digests import digest, number, plain
from factorhub.evaluation.result import Result
from factorhub.paths import local_path
from factorhub.storage.files import open_plain
from factorhub.storage.whole import left_over_of, make_folder, remove_left_over, write_json

SPACE = uuid.UUID("5f0a4b52-6c1f-5d0e-9a5e-2d0c9b6f1b7e")  # of ids: an id is a function of the content
LOOSE = ("id", "content_hash", "date", "libraries", "notes")  # no part of the content
MOST_BYTES = 4 << 20  # of a record
MOST_NAME = 40  # letters of a part of a file's name
SETTINGS = ("version", "estimator", "bins", "bias_correction", "pruning", "seed")  # of a score, by which it is told from others


def made(given: Mapping[str, Any], date: str | None = None) -> dict[str, Any]:
    """The record of what a report holds; see `Report.record`.

    Args:
        given: set, model, protocol, draws, seed, factors, results and notes, as `Report` has them.
        date: today by default.
    """
    content = {
        "schema": schema.NAME,
        "set": plain(given["set"]),
        "model": {key: plain(value) for key, value in given["model"].items() if value is not None},
        "protocol": dict(given["protocol"]) or None,
        "draws": given["draws"],
        "seed": given["seed"],
        "factors": list(given["factors"]),
        "results": [_result(result, given["draws"]) for result in given["results"]],
        "reproduced": True,
    }
    libraries: dict[str, str] = {"factorhub": _version()}
    for extra in sorted({result.judge.metric.extra for result in given["results"]}):
        libraries.update(panel.versions(extra))
    hashed = content_hash(content)
    when = date or datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    head = {"id": str(uuid.uuid5(SPACE, hashed)), "content_hash": hashed, "date": when, "libraries": libraries}
    return {**content, **head, "notes": list(given["notes"])}


def content_hash(record: Mapping[str, Any]) -> str:
    """The digest of all of a record but its date, its remarks, the versions of libraries, and itself."""
    return digest({key: value for key, value in record.items() if key not in LOOSE})


def _result(result: Result, draws: int) -> dict[str, Any]:
    metric, facts = result.judge.metric, result.scores[0].settings
    found: dict[str, Any] = {
        "metric": {
            "name": metric.name,
            "id": result.judge.id,
            "settings": plain(dict(result.judge.settings)),
            "better": metric.better,
            "range": [number(float(end)) for end in metric.range],
            **{key: plain(facts.get(key)) for key in SETTINGS},
            "version": metric.version,
            "facts": plain({key: value for key, value in facts.items() if key not in SETTINGS}),
        },
        **_numbers(result, "", draws),
        "scores": [number(float(score)) for score in result.scores],
        "per_factor": plain(result.per_factor),
        "parts": {part: _numbers(result, part, draws) for part in result.parts},
        "warnings": list(dict.fromkeys(text for score in result.scores for text in score.warnings)),
    }
    return found


def _numbers(result: Result, part: str, draws: int) -> dict[str, Any]:
    error = result.error.get(part)
    beside = {kind: result.reference(kind, part) for kind in panel.KINDS} if result.panel else None
    return {
        "score": number(result.value(part)),
        "se": None if error is None else {"value": error, "method": result.method, "draws": draws},
        "panel": beside and {kind: None if score is None else number(score) for kind, score in beside.items()},
        "adjusted": result.adjusted(part),
    }


def _version() -> str:
    import factorhub

    return factorhub.__version__


def save(record: Mapping[str, Any], folder: str | Path) -> Path:
    """Write a record into a folder, whole or not at all; its name says whose it is, and ends with its content hash.

    Raises:
        InputError: no path of this machine, or no valid record. StoreError: the folder cannot be written.
    """
    if problem := schema.problem(record):
        raise InputError(f"this is no record: {problem}; save what Report.record() returns")
    place = local_path("save", folder)
    several = f"{len(record['results'])}_metrics"
    alone = record["results"][0]["metric"]["name"] if len(record["results"]) == 1 else several
    rule = record["protocol"]["name"] if record["protocol"] else alone
    parts = (record["model"]["name"], record["set"]["name"], rule, f"seed{record['seed']}", record["content_hash"][:8])
    path = place / f"{'-'.join(_slug(str(part)) for part in parts)}.json"
    try:
        make_folder(place)
        remove_left_over(place, left_over_of(path))
        write_json(path, record)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; name another folder, or make room") from None
    return path


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "_", text).strip("._")[:MOST_NAME] or "unnamed"


def read(path: str | Path) -> dict[str, Any]:
    """A record from a file of anyone, checked against the schema and its own content hash.

    Raises:
        InputError: not a record, one of another version, or one that was changed. StoreError: it cannot be read.
    """
    file = local_path("read", path, "a record")
    try:
        with os.fdopen(open_plain(file.parent, file.name), "rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise StoreError(f"cannot read the record {file}: {error.strerror}; name a file that Report.save wrote") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{file} is no record: it has more than {MOST_BYTES >> 20} MiB; name a file that Report.save wrote")
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_refuse)
        problem = schema.problem(data)
        changed = not problem and content_hash(data) != data["content_hash"]
    except (ValueError, RecursionError, OverflowError) as error:
        raise InputError(f"{file} is no record: {error}; name a file that Report.save wrote") from None
    if problem or changed:
        why = problem or "its content hash is not that of its content, so it was changed after it was written"
        raise InputError(f"{file} is no record: {why}; evaluate the model again")
    return dict(data)


def _refuse(text: str) -> Any:
    raise ValueError(f"it holds {text}, which is no number of JSON")
