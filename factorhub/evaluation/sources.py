"""Names, recipes, sets and generators as what a model is judged on: fresh draws wherever there is a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, TypeAlias

import numpy as np

from factorhub import build, catalog, randomness, regimes
from factorhub.build.recipes import REMARKS, Recipe, recipe
from factorhub.build.rendered import Sampled
from factorhub.errors import InputError, StoreError, short
from factorhub.evaluation.digests import digest
from factorhub.evaluation.subject import STREAM, Lines, Rows, Subject, on_grid, stored
from factorhub.factors import Array, Factor
from factorhub.generator import Generator
from factorhub.lookup import Store
from factorhub.regimes import Grid, Pairs, Regime, Uniform
from factorhub.regimes.drawn import check_draw
from factorhub.source import Source, columns_of

What: TypeAlias = str | PathLike[str] | Generator | Recipe | Store | Source
INDEPENDENT = Uniform(on_grid=True)
STEPS, LONGEST = 32, 64  # values of a traversal: of a factor without a grid, and at most
OWN = "own"  # for `regime`: the recipe's, in place of the independent grid


def subject(
    what: What,
    seed: int,
    *,
    split: str | None = None,
    regime: Regime | Mapping[str, Any] | str | None = None,
    options: Mapping[str, Any] | None = None,
    as_stored: bool = False,
) -> Subject:
    """What `what` means: see `factorhub.evaluate`.

    Args:
        what: a generator or its name, a recipe, a set or its path, or any source of labelled rows.
        seed: of the draws.
        split: rows of this split of a set, as they are stored.
        regime: in place of the independent grid; "own" is that of the recipe.
        options: of a generator that is given by name.
        as_stored: the rows that a set holds are meant, as where codes are given for them.

    Raises:
        InputError: nothing of these, or a split or regime that does not go with it. StoreError: no such set.
    """
    if isinstance(what, (str, PathLike)) and (not isinstance(what, str) or catalog.is_path(what)):
        what = build.open(str(what), split)
    elif isinstance(what, str):
        what = catalog.generator(what, **(options or {}))
        options = None
    if options:
        raise InputError(f"options go with the name of a generator; got {', '.join(options)} beside {short(what)}; leave them out")
    if isinstance(what, Store):
        return _of_store(what, seed, split, regime, as_stored)
    if split is not None:
        raise InputError(f"a split is one of a stored set; got split '{split}' of {short(what)}; leave it out")
    if isinstance(what, Recipe):
        return _drawn(what.made, seed, _chosen(regime, what.regime), what.regime)
    if isinstance(what, Sampled):
        return _drawn(what.generator, seed, _chosen(regime, what.regime), what.regime)
    if isinstance(what, Generator):
        return _drawn(what, seed, _chosen(regime, None), None)
    if isinstance(what, Source) and hasattr(what, "space"):
        return stored(what, seed, type(what).__name__.lower(), {})  # type: ignore[arg-type]
    raise InputError(f"a model is judged on a generator, a recipe, a set or its path; got {short(what)}; give one of these")


def _chosen(asked: Regime | Mapping[str, Any] | str | None, own: Regime | None) -> Regime:
    if asked is None:
        return INDEPENDENT
    if asked == OWN:
        if own is None:
            raise InputError("regime 'own' is that of a recipe or a set; got a generator, which has none; leave it out")
        return own
    found = (
        regimes.from_text(asked) if isinstance(asked, str) else regimes.from_dict(asked) if isinstance(asked, Mapping) else asked
    )
    if isinstance(found, type) or not isinstance(found, Regime):
        raise InputError(f"regime is one of factorhub.regimes, or its text such as 'uniform'; got {short(asked)}; leave it out")
    return found


def _of_store(store: Store, seed: int, split: str | None, regime: Any, as_stored: bool) -> Subject:
    if split is not None and split != store.split:
        store = build.open(store.folder, split)
    name = store.plan.title.partition(": ")[0]
    made = None
    if not as_stored and store.split is None:
        try:
            made = store.generator
        except (InputError, StoreError):  # of a file, or of an outsider whose code may not run
            made = None
        if made is not None and made.version != store.recipe.get("version", made.version):
            made = None  # it draws other observations than the set holds
    if made is not None:
        own = Recipe.from_dict(store.recipe, generator=made.name).regime
        return _drawn(made, seed, _chosen(regime, own), own)
    if regime is not None:
        where = f"split {store.split}" if store.split else "the stored rows"
        raise InputError(f"a regime draws rows from a generator; got one beside {where} of {name}; leave out one of them")
    facts = {"recipe": {key: value for key, value in store.recipe.items() if key not in REMARKS}, "split": store.split}
    return stored(store, seed, name, facts, content=store.manifest.content)


def _drawn(made: Generator, seed: int, regime: Regime, own: Regime | None) -> Subject:
    """Fresh draws of a generator under a regime, where `own` is that of the set or recipe; fewer rows are the first of more."""
    base = made.space
    if regime.axes(base):
        names = ", ".join(name for name, _ in regime.axes(base))
        raise InputError(f"a model is judged on single rows; this regime draws them with an axis {names}; name one without")
    space, length = regime.space(base), regime.length(base)

    def rows(number: int, n: int) -> Rows:
        stream = f"{STREAM}/draw/{number}"
        natural = np.arange(n, dtype=np.int64)
        if length is not None:  # of a finite regime rows at random, with repetition
            picked = randomness.uniforms(seed, f"{stream}/pick", natural, 1)[:, 0]
            natural = np.minimum((picked * length).astype(np.int64), length - 1)
            stream = f"{STREAM}/finite"
        drawn = regime.draw(base, seed, natural, stream)
        check_draw(regime, base, drawn, n)
        return _rendered(made, drawn.values)

    def pairs(number: int, n: int, factors: Sequence[str]) -> Rows:
        moving = Pairs(k=1, factors=tuple(factors), inner=INDEPENDENT)
        return _rendered(made, moving.draw(base, seed, np.arange(n, dtype=np.int64), f"{STREAM}/pairs/{number}").values)

    def traversals(number: int, count: int, factors: Sequence[str]) -> tuple[Rows, Lines]:
        found, lines = [], []
        for name in factors:
            steps = _steps(base[name])
            first = INDEPENDENT.draw(base, seed, np.arange(count, dtype=np.int64), f"{STREAM}/traversals/{number}/{name}").values
            values = np.repeat(first[:, None], len(steps), axis=1)
            values[..., base.index(name)] = steps
            found.append(values.reshape(-1, values.shape[-1]))
            lines.append((name, count, len(steps)))
        return _rendered(made, np.concatenate(found)), tuple(lines)

    source = {"generator": made.name, "version": made.version, "options": dict(made.options), "regime": regimes.to_dict(regime)}
    facts = {
        "name": made.name,
        "recipe": source,
        "digest": digest(source),
        "split": None,
        "regime": regimes.to_text(regime),
        "rows": "independent grid" if regime == INDEPENDENT else f"drawn by {regimes.to_text(regime)}",
    }
    columns = tuple(column for column in columns_of(base, made.fields) if column.role == "observation")
    grid = (lambda index: on_grid(index, len(base), made.name)) if base.enumerable else None
    plain = own is None or own == regime or isinstance(own, (Grid, Uniform))
    notes = () if plain else (f"rows of the set were drawn by {regimes.to_text(own)}; judged here on: {facts['rows']}",)
    return Subject(made.name, facts, space, columns, True, rows, pairs, traversals, None, grid, notes=notes)


def grid_subject(what: What, seed: int, options: Mapping[str, Any] | None) -> Subject:
    """The grid of a generator as rows that are there: for codes that are given with their natural row numbers."""
    made = subject(what, seed, options=options)
    if made.positions is None:
        raise InputError(f"{made.name} has no grid whose rows have numbers; give codes of a stored set, or a function that encodes")
    asked = recipe(catalog.generator(what, **(options or {})) if isinstance(what, str) else what, order="natural", regime=Grid())  # type: ignore[arg-type]
    found = stored(asked.source(), seed, made.name, {"recipe": asked.to_dict()}, content=made.digest)
    return replace(found, positions=made.positions)


def _steps(factor: Factor) -> Array:
    """The values of a factor that a traversal goes through: its grid, of long ones an even part; of an interval even steps."""
    if factor.size is None:
        return np.linspace(factor.low, factor.high, STEPS, endpoint=factor.period is None)
    return factor.values(np.unique(np.linspace(0, factor.size - 1, min(factor.size, LONGEST)).astype(np.int64)))


def _rendered(made: Generator, values: Array) -> Rows:
    flat = values.reshape(-1, values.shape[-1])
    return Rows(values, lambda start, stop: made.render(flat[start:stop], check=False))
