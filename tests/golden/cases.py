"""What is pinned by golden digests: draws of every regime and preset, rows of every generator and option, orders and streams.

A digest stands in digests.json under the name of its case, which holds the versions of all that its rows depend on: a case of
another version is another case, and a digest that stands there is never changed. `python -m tests.golden.record` adds what is new.
"""

from __future__ import annotations

import hashlib
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np

import factorhub
from factorhub import catalog, randomness
from factorhub.factors import Array
from factorhub.generator import Generator
from factorhub.loaders.epoch import Epoch, grouping
from factorhub.order import Order
from factorhub.regimes import Regime, Splits, from_text
from factorhub.regimes.presets import PRESETS
from factorhub.regimes.record import version_of
from factorhub.space import FactorSpace

SPACES = ("dsprites", "shapes3d", "dmelodies", "pendulum")
ROWS = np.array([0, 1, 2, 3, 5, 8, 13, 100, 999, 12_345])
# these pass through a mathematical library whose last bits differ between machines: compared to six digits
ROUNDED = ("rf_fingerprint", "seasonal_series", "linear_scm")

# {0} and {1} are two factors of the space; wrappers are nested three deep further down
REGIMES = (
    "grid", "uniform", "uniform(on_grid=true)", "where('{0} >= 0')", "where('~({0} < 0)', grid)",
    "correlated([[{0}, {1}]], sigma=0.3)", "correlated([[{0}, {1}]], sigma=0.3, on_grid=true)", "copula([[{0}, {1}, 0.7]])",
    "causal([mechanism({1}, [{0}], [0.8], noise=0.6)])", "causal([mechanism({1}, [{0}], [0.8], form=tanh)], do=[do({0})])",
    "causal([mechanism({1}, [{0}], [0.8])], on_grid=true)",
    "counterfactual(causal([mechanism({1}, [{0}], [0.8])]), [[do({0})], [do({1})]])",
    "linear_scm", "linear_scm(intervention=soft, graph=3)", "environments([uniform, where('{0} >= 0')], weights=[1, 3])",
    "pairs(k=1)", "pairs(k=2, mode=at_most)", "pairs(k=-1, mode=dlib)", "pairs(k=1, inner=grid)",
    "walk(4)", "sequence(4)", "traversal({0}, 4)", "temporal(steps=4)", "temporal([mechanism({1}, [{0}], [0.8])], steps=3)",
    "labels(fraction=0.5)", "labels(rows=6, noise=0.3, bins=3)", "labels(permuted=true, inner=uniform(on_grid=true))",
    "tasks", "tasks(inner=grid)", "radius", "perturbation",
)  # fmt: skip
WRAPPERS = {
    "pairs": "pairs(k=1, inner={inner})",
    "walk": "walk(3, inner={inner})",
    "temporal": "temporal(steps=3, inner={inner})",
    "labels": "labels(noise=0.2, inner={inner})",
    "tasks": "tasks(inner={inner})",
    "where": "where('{0} >= 0', inner={inner})",
    "environments": "environments([{inner}, {inner}])",
}


def digest(arrays: dict[str, Array], rounded: bool = False) -> str:
    """64 bits of named arrays, with their dtypes and shapes."""
    found = hashlib.blake2b(digest_size=8)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        if rounded and array.dtype.kind == "f":
            array = np.round(array.astype(np.float64), 5) + 0.0
        found.update(f"{name} {array.dtype.str} {array.shape};".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def versions(regime: Any) -> str:
    """The kinds and versions that a regime is made of."""
    kinds: dict[str, int] = {}

    def look(record: Any) -> None:
        if isinstance(record, tuple):
            for item in record:
                look(item)
        elif is_dataclass(record):
            if isinstance(record, Regime):
                kinds[type(record).__name__.lower()] = version_of(type(record))
            for item in fields(record):
                look(getattr(record, item.name))

    look(regime)
    return " ".join(f"{name}@{version}" for name, version in sorted(kinds.items()))


def drawn(regime: Regime, space: FactorSpace) -> dict[str, Array]:
    """What a regime draws at a few rows: values, codes and records."""
    length = regime.length(space)
    rows = ROWS if length is None else np.unique(ROWS * length // (ROWS[-1] + 1))
    found = regime.draw(space, 7, rows)
    return {"values": found.values, **({} if found.codes is None else {"codes": np.asarray(found.codes, np.int64)}), **found.extras}


def regime_cases() -> Iterator[tuple[str, Callable[[], str]]]:
    """Every regime over every space, and every wrapper around two others."""
    for name in SPACES:
        space = factorhub.generator(name).space
        vary = sorted((f for f in space if f.size != 1), key=lambda f: f.kind == "categorical")[:2]
        vary = [factor.name for factor in vary]
        texts = [text.format(*vary) for text in REGIMES]
        nests = product(WRAPPERS.values(), WRAPPERS.values())
        texts += [a.format(*vary, inner=b.format(*vary, inner="pairs(k=1, inner=uniform)")) for a, b in nests]
        for text in texts:
            made = from_text(text)
            if re.search(r"permuted|\bgrid\b", text) and not space.enumerable:
                continue
            try:
                made.axes(space)
                made.length(space)
            except factorhub.errors.InputError:
                continue  # such as a grid of a space that has none
            yield f"regime {name} | {text} | {versions(made)}", lambda made=made, space=space: digest(drawn(made, space))


def preset_cases() -> Iterator[tuple[str, Callable[[], str]]]:
    """The splits and first rows of every preset of a generator of the catalog."""
    for preset in PRESETS:
        if preset.generator not in ("", *factorhub.generators()):
            continue  # of a published file
        made = factorhub.generator(preset.generator or "dsprites", **dict(preset.options))

        def rows(preset: Any = preset, made: Generator = made) -> str:
            asked = factorhub.recipe(made, regime=preset.regime, splits=preset.splits)
            endless = asked.regime.length(made.space) is None and not asked.splits.rows
            asked = factorhub.recipe(made, regime=preset.regime, splits=preset.splits, rows=2000 if endless else None)
            source = asked.source()
            ends = (0, *source.order.ends)
            spread = [np.linspace(a, b - 1, 5).astype(np.int64) for a, b in pairwise(ends)]
            places = np.unique(np.concatenate(spread))
            names = [column.name for column in source.columns if column.role != "observation"]
            return digest({"ends": np.array(ends), **source.read(places, names)})

        parts = [preset.regime, *getattr(preset.splits, "regimes", ())]
        yield f"preset {preset.name} | {made.name}@{made.version} | {versions(tuple(p for p in parts if p))}", rows


def options_of(name: str) -> Iterator[dict[str, Any]]:
    """No options, and each option with another value than its default."""
    yield {}
    factory = catalog._factory(name)
    hints = typing.get_type_hints(factory)
    for key, default in catalog.defaults(name).items():
        kind = hints.get(key)
        values: list[Any] = []
        if typing.get_origin(kind) is typing.Literal:
            values = [value for value in typing.get_args(kind) if value != default]
        elif kind is bool:
            values = [not default]
        elif kind is int:
            values = {"size": [32], "video": [16], "steps": [20], "frames": [3]}.get(key, [default + 1, default + 2])
        elif kind is float:
            values = [default * 0.75 + 0.125]
        for value in values:
            yield {key: value}


def generator_cases() -> Iterator[tuple[str, Callable[[], str]]]:
    """Rows of every generator with each of its options."""
    for name in factorhub.generators():
        short = {"steps": 20} if "steps" in catalog.defaults(name) else {}
        for options in options_of(name):
            try:
                made = factorhub.generator(name, **{**short, **options})
            except factorhub.errors.InputError:
                continue  # a value that does not go with the other defaults

            def rows(made: Generator = made) -> str:
                u = randomness.uniforms(11, "golden", np.arange(12), len(made.space.factors))
                batch = made.render(made.space.from_unit(u))
                return digest(batch, rounded=made.name in ROUNDED)

            text = " ".join(f"{key}={value}" for key, value in {**short, **options}.items())
            yield f"generator {name}@{made.version} | {text}", rows


DERIVED = (
    "where('large == true & area < 0.9')", "where('large == true & area < 0.9', grid)", "pairs(k=1, inner=where('large == true'))",
    "correlated([[area, posX]], inverse=[[large, shape]], sigma=0.4)",
    "correlated([[area, posX], [scale, shape]], sigma=[0.3, 0.5])",
    "tasks(factors=[area, large, shape])", "tasks(inner=grid, head=rule, classes=3)",
    "tasks(head=rule, factors=[area, large, shape])",
)  # fmt: skip


def attribute_cases() -> Iterator[tuple[str, Callable[[], str]]]:
    """Every attribute that a generator offers, and draws of regimes that ask for attributes."""
    for name in factorhub.generators():
        offered = factorhub.generator(name).attributes
        if not offered or name == "degraded":  # whose attributes are those of what it wraps
            continue
        made = factorhub.generator(name, derive=[item.name for item in offered])
        u = randomness.uniforms(11, "golden", np.arange(200), len(made.space.factors))
        for item in offered:

            def values(made: Generator = made, u: Array = u, name: str = item.name) -> str:
                return digest({name: made.space.column(on_grid(made.space, u), name)})

            yield f"attribute {name}@{made.version} | {item.name}", values
    space = factorhub.generator("dsprites", derive={"large": "scale > 0.7 & shape == heart", "area": "scale * scale"}).space
    for text in DERIVED:
        made_of = from_text(text)
        yield f"derived dsprites | {text} | {versions(made_of)}", lambda made_of=made_of: digest(drawn(made_of, space))


def edit_cases() -> Iterator[tuple[str, Callable[[], str]]]:
    """Edits of every scene with objects, which the spaces of the other regimes have not."""
    for name in ("multi_dsprites", "tetrominoes", "objects_room"):
        space = factorhub.generator(name).space
        label = (space["shape_1"].labels or ("",))[0]
        for text in ("edits", "edits(edits=[recolour, move], inner=uniform(on_grid=true))", f"where('shape_1 == {label}', edits)"):
            made = from_text(text)
            yield f"regime {name} | {text} | {versions(made)}", lambda made=made, space=space: digest(drawn(made, space))


def on_grid(space: FactorSpace, u: Array) -> Array:
    """Values (n, k) at points `u` (n, k), on the grid of each factor that has one."""
    columns = [
        factor.from_unit(u[:, j]) if factor.size is None else factor.values((u[:, j] * factor.size).astype(np.int64))
        for j, factor in enumerate(space)
    ]
    return np.stack(columns, axis=-1)


def order_cases() -> Iterator[tuple[str, Callable[[], str]]]:
    """Orders of sets, splits by shares, and epochs of streams."""
    for kind in ("permuted", "natural"):
        for base, ends in ((1000, (1000,)), (737_280, (700, 900, 1000)), (10**12, (10, 500))):
            order = Order(kind, base, ends, 5)  # type: ignore[arg-type]
            yield f"order {kind} {base} {ends}", lambda order=order: digest({"rows": order.rows(np.arange(len(order)))})
        parted = Order(kind, 60, (10, 30), 5, (20, 40))  # type: ignore[arg-type]
        yield f"order {kind} parted", lambda order=parted: digest({"rows": order.rows(np.arange(30))})
    for text in ("train=0.8,test=0.2", "a=0.5,b=0.3,c=0.2", "test=shape == heart & scale > 0.6; train=rest"):
        space = factorhub.generator("dsprites").space
        sizes = Splits.from_text(text)
        yield f"splits {text}", lambda s=sizes, space=space: digest({"sizes": np.array(list(s.sizes(space).values()))})
    source = factorhub.recipe("dsprites", rows=60_000).source()
    for shuffle in (True, False, "blocks", "full"):
        for number in (0, 3):
            groups = grouping(source.columns, shuffle, natural=False, window=4096)  # type: ignore[arg-type]
            epoch = Epoch(len(source), number, 9, shuffle, groups)  # type: ignore[arg-type]
            yield f"epoch {shuffle} {number}", lambda epoch=epoch: digest({"rows": epoch.rows(0, epoch.length)})


def all_cases() -> dict[str, Callable[[], str]]:
    """Every case by name: what computes its digest."""
    return dict([*regime_cases(), *preset_cases(), *generator_cases(), *attribute_cases(), *edit_cases(), *order_cases()])
