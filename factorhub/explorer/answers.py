"""What the page asks for: facts, pictures of factor values, strips, rows of a set, densities, and the code of what is shown.

Every answer is plain data and arrays. Nothing here knows HTTP; a request names what was opened by number, and never by a path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from factorhub.build.recipes import Recipe, recipe, toml
from factorhub.errors import InputError, unknown, whole
from factorhub.factors import Array
from factorhub.generator import Generator
from factorhub.lookup import Store
from factorhub.printable import quoted

MOST_ROWS = 256  # of an answer
MOST_BYTES = 1 << 24
DRAWS = 20_000  # of a regime, for its density
BINS = 20


@dataclass(frozen=True)
class Shown:
    """One thing that was opened: a generator, or a set with the generator that draws the rest of its grid."""

    title: str
    made: Generator
    store: Store | None = None


def opened(what: str | Generator | Store) -> Shown:
    """What a name, a folder, a Generator or a Store is on the page."""
    from factorhub import build, catalog

    if isinstance(what, str):
        what = build.open(what) if catalog.is_path(what) else catalog.generator(what)
    if isinstance(what, Store):
        return Shown(what.folder.name, what.generator, what)
    return Shown(what.name, what)


def answer(shown: Sequence[Shown], asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The data and the arrays that a request asks for: {"ask": …, "item": number, …}.

    Raises:
        InputError: an unknown question, or values that do not fit; the page shows the line beside its controls.
    """
    if asked.get("ask") == "items":
        return {"items": [item.title for item in shown]}, {}
    item = shown[whole("item", asked.get("item", 0), 0, len(shown) - 1)]
    ask = str(asked.get("ask"))
    if ask not in ANSWERS:
        raise unknown("question", ask, ["items", *ANSWERS])
    data, arrays = ANSWERS[ask](item, asked)
    if sum(array.nbytes for array in arrays.values()) > MOST_BYTES:
        raise InputError(f"an answer has at most {MOST_BYTES >> 20} MiB; ask for fewer or smaller pictures")
    return data, arrays


def facts(item: Shown, _: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """What is fixed: factors with their grids, fields, sources, splits of a set."""
    made = item.made
    factors = []
    for factor in made.space:
        few = factor.size is not None and factor.size <= 4096
        factors.append(
            {
                "name": factor.name, "kind": factor.kind, "unit": factor.unit, "description": factor.description,
                "nuisance": factor.nuisance, "low": factor.low, "high": factor.high, "size": factor.size, "labels": factor.labels,
                "values": factor.values(np.arange(factor.size or 0)).tolist() if few else None,
            }
        )  # fmt: skip
    data: dict[str, Any] = {
        "title": item.title, "name": made.name, "summary": made.summary, "source": made.source, "notes": list(made.notes),
        "options": dict(made.options), "factors": factors, "groups": {name: list(of) for name, of in made.space.groups.items()},
        "fields": [{"name": f.name, "dtype": f.dtype, "shape": list(f.shape), "description": f.description} for f in made.fields],
        "rows": made.space.grid_size if made.space.enumerable else None, "first": start(made).tolist(),
    }  # fmt: skip
    if item.store is not None:
        sizes = {name: stop - begin for name, (begin, stop) in item.store.plan.ranges.items()}
        data |= {"set": {"rows": len(item.store), "splits": sizes}}
    return data, {}


def start(made: Generator) -> Array:
    """The values (k,) that the page begins with: the middle of each factor on its grid, circles (hues, turns) spread out."""
    first = []
    for place, factor in enumerate(made.space):
        u = (0.5 + 0.381966 * place) % 1 if factor.kind == "circular" else 0.499
        count = factor.size
        first.append(float(factor.values(int(u * count)) if count is not None else factor.low + u * (factor.high - factor.low)))
    return np.array(first)


def values_of(item: Shown, asked: Mapping[str, Any]) -> Array:
    """The factor values (k,) of a request, checked."""
    given = asked.get("values")
    if not isinstance(given, list) or not all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        raise InputError(f"values are a list of {len(item.made.space.factors)} numbers; got {str(given)[:60]}")
    return item.made.space.check(np.array(given, dtype=np.float64))


def now(item: Shown, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The observation at factor values: its picture, its text, its place in the grid, and whether another label draws the same."""
    made, values = item.made, values_of(item, asked)
    batch = made.render(values[None])
    canonical = made.space.canonical(values)
    data: dict[str, Any] = {"alias": bool((np.abs(canonical - values) > 1e-9).any()), "canonical": canonical.tolist(), "row": None}
    if made.space.enumerable:
        try:
            data["row"] = int(made.space.rows(made.space.codes_of(values)))
        except InputError:  # off the grid
            data["row"] = None
    if any(field.meta.get("vocabulary") for field in made.fields):
        data["text"] = str(made.texts(batch)[0])
    return data, {"pictures": made.pictures(batch)}


def strip(item: Shown, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Pictures along one factor, all else as it is."""
    made, values = item.made, values_of(item, asked)
    factor = made.space[str(asked.get("factor"))]
    count = whole("steps", asked.get("steps", 8), 2, 32)
    if factor.size is not None:
        moved = factor.values(np.unique(np.linspace(0, factor.size - 1, min(count, factor.size)).astype(np.int64)))
    else:
        moved = np.linspace(factor.low, factor.high, count)
    rows = np.repeat(values[None], len(moved), axis=0)
    rows[:, made.space.index(factor.name)] = moved
    return {"values": moved.tolist()}, {"pictures": made.pictures(made.render(rows))}


def density(item: Shown, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """How often each factor takes its values under a regime, and two of them together, over 20,000 draws without rendering."""
    made = item.made
    found = recipe(made, regime=str(asked.get("regime") or "uniform"), seed=whole("seed", asked.get("seed", 0), 0))
    length = found.regime.length(made.space)
    rows = np.arange(DRAWS) if length is None else np.unique(np.linspace(0, length - 1, min(DRAWS, length)).astype(np.int64))
    inside = found.regime.space(made.space)
    drawn = found.regime.draw(made.space, found.seed, rows).values.reshape(-1, len(made.space.factors))
    cells = [_cells(inside, factor.name, drawn) for factor in made.space]
    data: dict[str, Any] = {"marginals": [np.bincount(at, minlength=count).tolist() for at, count in cells], "draws": len(drawn)}
    first, second = (made.space.index(str(asked.get(key) or made.space.names[i])) for i, key in enumerate(("first", "second")))
    joint = np.zeros((cells[first][1], cells[second][1]), dtype=np.float32)
    np.add.at(joint, (cells[first][0], cells[second][0]), 1)
    return data, {"joint": joint}


def _cells(space: Any, name: str, drawn: Array) -> tuple[Array, int]:
    factor, values = space[name], drawn[:, space.index(name)]
    if factor.size is not None and factor.size <= BINS:
        return factor.nearest(values), factor.size
    return np.minimum((factor.to_unit(values) * BINS).astype(np.int64), BINS - 1), BINS


def rows(item: Shown, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Rows of a set: all or those in a region, some at a time, as pictures with their factors."""
    store = item.store
    if store is None:
        raise InputError(f"{item.title} is a generator, which has no rows of a set; open a set beside it")
    region = str(asked.get("where") or "")
    found = store.where(region) if region else np.arange(len(store))
    begin, count = whole("start", asked.get("start", 0), 0), whole("count", asked.get("count", 24), 1, MOST_ROWS)
    chosen = found[begin : begin + count]
    data: dict[str, Any] = {"count": len(found), "rows": chosen.tolist(), "factors": [store.factors(int(row)) for row in chosen]}
    if not len(chosen):
        return data, {}
    batch = store.read(chosen)
    names = [field.name for field in item.made.fields]
    lead = next(column for column in store.columns if column.role in ("factor", "value"))
    flat = {name: batch[name].reshape(-1, *batch[name].shape[1 + len(lead.shape) :]) for name in names}
    first = {name: array[:: max(len(array) // len(chosen), 1)] for name, array in flat.items()}  # of pairs and sequences
    if not lead.shape:
        data["values"] = np.stack([_stored(batch, factor) for factor in store.space], axis=1).tolist()
    return data, {"pictures": item.made.pictures(first)}


def _stored(batch: Mapping[str, Array], factor: Any) -> Array:
    found: Array = factor.values(batch[factor.name]) if factor.size is not None else batch[f"{factor.name}_value"]
    return found


def code(item: Shown, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """What makes the picture on the page again: in Python, on the command line, and as a recipe."""
    made, values = item.made, values_of(item, asked)
    named = {}
    for factor, value in zip(made.space, values.tolist(), strict=True):
        named[factor.name] = factor.labels[int(value)] if factor.labels is not None else value
    options = {name: value for name, value in made.options.items() if value != _default(made, name)}
    given = "".join(f", {name}={value!r}" for name, value in options.items())
    point = ", ".join(f"{name}={value!r}" for name, value in named.items())
    python = f"import factorhub\n\ng = factorhub.generator({made.name!r}{given})\nbatch = g.render({point})\n"
    sets = "".join(f" --set {name}={value}" for name, value in options.items())
    region = " & ".join(f"{name} == {_written(value)}" for name, value in named.items())
    lines = {"python": python, "command": f'factorhub preview {made.name}{sets} --where "{region}" --count 1 --out picture.png'}
    asked_for: Recipe = recipe(made, regime=str(asked.get("regime")) if asked.get("regime") else None, rows=1000)
    return {**lines, "recipe": toml(asked_for.to_dict())}, {}


def _default(made: Generator, name: str) -> Any:
    from factorhub import catalog

    return catalog.defaults(made.name).get(name)


def _written(value: object) -> str:
    return quoted(value) if isinstance(value, str) and not value.isidentifier() else str(value)


ANSWERS = {"facts": facts, "now": now, "strip": strip, "density": density, "rows": rows, "code": code}
