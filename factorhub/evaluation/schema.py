"""The JSON schema of records, and a check by it: docs/record.schema.json is the same data, for everyone's validators."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from factorhub.errors import short
from factorhub.evaluation.panel import KINDS

NAME = "factorhub.record/1"
Data = dict[str, Any]

TEXT: Data = {"type": "string", "maxLength": 10_000}
LABEL: Data = {"type": "string", "minLength": 1, "maxLength": 300}
HASH: Data = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
NUMBER: Data = {"anyOf": [{"type": "number"}, {"enum": ["inf", "-inf"]}]}
MAYBE: Data = {"anyOf": [{"type": "number"}, {"enum": ["inf", "-inf"]}, {"type": "null"}]}
COUNT: Data = {"type": "integer", "minimum": 1}
SEED: Data = {"type": "integer", "minimum": 0}


def _object(required: Mapping[str, Data], optional: Mapping[str, Data] | None = None) -> Data:
    """An object with these entries and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _or_null(kind: Data) -> Data:
    return {"anyOf": [kind, {"type": "null"}]}


def _map(kind: Data) -> Data:
    return {"type": "object", "additionalProperties": kind}


NUMBERS: dict[str, Data] = {
    "score": NUMBER,
    "se": _or_null(_object({"value": {"type": "number", "minimum": 0}, "method": LABEL, "draws": COUNT})),
    "panel": _or_null(_object(dict.fromkeys(KINDS, MAYBE))),
    "adjusted": {"anyOf": [{"type": "number"}, {"type": "null"}]},
}
METRIC: Data = _object(
    {
        "name": LABEL, "id": LABEL, "settings": {"type": "object"}, "better": {"enum": ["higher", "lower"]},
        "range": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
        "version": COUNT, "estimator": _or_null(LABEL), "bins": {}, "bias_correction": {}, "pruning": {}, "seed": _or_null(SEED),
        "facts": {"type": "object"},
    }
)  # fmt: skip
RESULT: Data = _object(
    {
        "metric": METRIC, **NUMBERS, "scores": {"type": "array", "items": NUMBER, "minItems": 1},
        "per_factor": _map({"type": "number"}), "parts": _map(_object(NUMBERS)), "warnings": {"type": "array", "items": TEXT},
    }
)  # fmt: skip
SCHEMA: Data = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A record of one model on one set",
    "description": "Scores with their settings, errors and panel, as factorhub.evaluate(…).save(folder) writes them.",
    **_object(
        {
            "schema": {"enum": [NAME]},
            "id": {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
            "content_hash": HASH,
            "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "set": _object(
                {"name": LABEL, "digest": HASH, "split": _or_null(LABEL), "regime": _or_null(TEXT), "rows": LABEL, "n": COUNT},
                {"recipe": {"type": "object"}},
            ),
            "model": _object(
                {"name": LABEL, "D": COUNT},
                {
                    "version": {"anyOf": [{"type": "integer"}, LABEL]}, "url": TEXT, "code": {"enum": ["mean", "sample"]},
                    "training_seed": {"anyOf": [{"type": "integer"}, LABEL]}, "training_regime": TEXT,
                    "parameters": {"anyOf": [{"type": "integer"}, LABEL]},
                },
            ),
            "protocol": _or_null(_object({"name": LABEL, "digest": HASH})),
            "draws": COUNT,
            "seed": SEED,
            "factors": {"type": "array", "items": LABEL, "minItems": 1},
            "results": {"type": "array", "items": RESULT, "minItems": 1},
            "reproduced": {"type": "boolean"},
            "libraries": _map(TEXT),
            "notes": {"type": "array", "items": TEXT},
        }
    ),
}  # fmt: skip
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,),
    "null": (type(None),),
}  # fmt: skip


def problem(data: Any, kind: Mapping[str, Any] = SCHEMA, place: str = "the record") -> str:
    """What is wrong with data by a schema, in one sentence; empty where nothing is.

    Reads the keywords that `SCHEMA` uses, as JSON Schema defines them, but for one: numbers must be finite.

    >>> problem({"schema": "factorhub.record/1"})
    'the record has no content_hash, date, draws, …'
    """
    if "anyOf" in kind:
        found = [problem(data, each, place) for each in kind["anyOf"]]
        return "" if not all(found) else found[0]
    if "enum" in kind and not any(type(data) is type(value) and data == value for value in kind["enum"]):
        return f"{place} is one of {', '.join(map(str, kind['enum']))}; got {short(data)}"
    if "type" in kind:
        wanted = TYPES[kind["type"]]
        if not isinstance(data, wanted) or (isinstance(data, bool) and bool not in wanted):
            return f"{place} is of type {kind['type']}; got {short(data)}"
    if isinstance(data, float) and not math.isfinite(data):
        return f"{place} is a finite number; got {data}"
    if isinstance(data, str):
        return _text(data, kind, place)
    if isinstance(data, (int, float)) and "minimum" in kind and data < kind["minimum"]:
        return f"{place} is at least {kind['minimum']}; got {short(data)}"
    if isinstance(data, list):
        if not kind.get("minItems", 0) <= len(data) <= kind.get("maxItems", len(data)):
            return f"{place} has at least {kind.get('minItems', 0)} entries; got {len(data)}"
        each = (problem(item, kind.get("items", {}), f"entry {i} of {place}") for i, item in enumerate(data))
        return next(filter(None, each), "")
    return _entries(data, kind, place) if isinstance(data, dict) else ""


def _text(data: str, kind: Mapping[str, Any], place: str) -> str:
    if not kind.get("minLength", 0) <= len(data) <= kind.get("maxLength", len(data)):
        return f"{place} has {kind.get('minLength', 0)} to {kind.get('maxLength', 'any')} letters; got {len(data)}"
    if "pattern" in kind and not re.fullmatch(kind["pattern"][1:-1], data):  # a $ of Python lets a line end through
        return f"{place} is of the form {kind['pattern']}; got {short(data)}"
    return ""


def _entries(data: Mapping[str, Any], kind: Mapping[str, Any], place: str) -> str:
    missing = sorted(set(kind.get("required", ())) - data.keys())
    if missing:
        return f"{place} has no {', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}"
    known, more = kind.get("properties", {}), kind.get("additionalProperties", {})
    for name, item in data.items():
        if name not in known and more is False:
            return f"{place} has an entry {short(name)}, which is none of a record"
        if found := problem(item, known.get(name, more), f"{short(name)} of {place}"):
            return found
    return ""
