"""From a generator and a regime to a set on disk: recipes, plans, `generate`, `open` and `repair`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from factorhub import catalog
from factorhub.build.quality import measure
from factorhub.build.recipes import AskedSplits, Recipe, recipe, source_of
from factorhub.build.rendered import Sampled
from factorhub.errors import FactorhubError, InputError, StoreError, must_be, short, whole
from factorhub.factors import Array
from factorhub.generator import MOST_BYTES, Generator
from factorhub.lookup import Store
from factorhub.order import Kind
from factorhub.paths import local_path
from factorhub.progress import Progress, shown, silent
from factorhub.regimes.following import followed
from factorhub.regimes.grid import Grid
from factorhub.regimes.mechanisms import Do
from factorhub.regimes.regime import Regime
from factorhub.storage.codecs.codec import Compression
from factorhub.storage.manifest import Plan, read_manifest
from factorhub.storage.reader import Reader
from factorhub.storage.verify import Report, verify
from factorhub.storage.writer import default_shard_rows, layouts_of, rewrite, settle, write

MODELS = {"causal", "linear_scm", "temporal"}  # kinds of regimes whose factors cause one another


def plan(
    source: Sampled, asked: Recipe, *, shard_rows: int | None = None, compression: Compression = "auto", level: int | None = None
) -> Plan:
    """What a set of this recipe will look like on disk."""
    made = source.generator
    row_bytes = sum(column.row_bytes for column in source.columns)
    largest = max(source.columns, key=lambda column: column.row_bytes)
    if largest.row_bytes > MOST_BYTES:
        size = f"{largest.row_bytes / 2**30:.3g} GiB of {largest.name} {largest.shape}"
        raise InputError(
            f"a row has at most {MOST_BYTES >> 30} GiB of each column; got {size}; choose fewer frames or a smaller size"
        )
    if shard_rows is not None:
        shard_rows = whole("shard_rows (--shard-rows)", shard_rows, 1)
    return Plan(
        title=f"{made.name}: {made.summary}",
        recipe={**asked.to_dict(), "source": made.source, **({"notes": list(made.notes)} if made.notes else {})},
        space=source.space,
        columns=source.columns,
        layouts=layouts_of(source, compression, level),
        order=source.order,
        splits=asked.splits.names,
        shard_rows=shard_rows or default_shard_rows(row_bytes),
        grid=isinstance(source.regime, Grid),
    )


def generate(
    generator: str | Generator | Recipe,
    out: str | Path,
    *,
    rows: int | None = None,
    seed: int = 0,
    regime: Regime | Mapping[str, Any] | str | None = None,
    splits: AskedSplits | None = None,
    order: Kind = "permuted",
    workers: int | None = None,
    shard_rows: int | None = None,
    compression: Compression = "auto",
    level: int | None = None,
    bound: float | None = None,
    overwrite: bool = False,
    progress: Progress | bool = silent,
    **options: Any,
) -> Store:
    """Generate a set into the folder `out` and open it; a run that was interrupted is finished by the same call.

    Args:
        generator: a catalog name, `package.module:function`, a Generator, or a whole Recipe.
        out: a folder; made if it does not exist.
        rows: how many; all of the grid by default, drawn without repetition when fewer.
        seed: of the order, the splits and the regime's draws.
        regime: which factor vectors to render, as a record or as text such as "pairs(k=2)"; the grid by default.
        splits: by share, {"train": 0.7, "test": 0.3}, by region, {"test": "shape == heart", "train": "shape != heart"},
            or the text of either; see `factorhub.regimes.Splits`.
        order: "permuted" (streams shuffle well) or "natural" (grid order).
        workers: threads; all cores by default. The rows do not depend on it.
        shard_rows: rows a file; about 256 MiB of rows by default. The rows do not depend on it.
        compression: "auto" chooses per column by trial, "gzip" (with `level`) and "none" are the same for all.
        bound: the largest measured error allowed, where the generator's numerics are measured; below a float32's
            rounding by default.
        overwrite: replace another set in the folder.
        progress: True shows a bar on stderr, a line every half a minute in logs and notebooks; or a function that is called
            with the number of rows just finished.
        options: of the generator.

    Raises:
        InputError: something asked for does not fit. StoreError: the disk is full, read-only or gone.

    >>> import factorhub, tempfile
    >>> rows = factorhub.generate("dsprites", tempfile.mkdtemp() + "/sprites", rows=100, splits={"train": 0.8, "test": 0.2})
    >>> len(rows), rows[0]["image"].shape
    (100, (64, 64))
    """
    folder = local_path("generate", out)
    _check_switches(overwrite, progress)
    workers = _workers(workers)
    source, planned = _prepare(
        generator, rows=rows, seed=seed, regime=regime, splits=splits, order=order, bound=bound,
        shard_rows=shard_rows, compression=compression, level=level, **options,
    )  # fmt: skip
    with shown(progress, len(planned), source.generator.name) as told:
        manifest = write(
            source,
            planned,
            folder,
            workers=workers,
            overwrite=overwrite,
            progress=told,
            measure=measure(source, planned.recipe.get("bound")),
        )
    named = planned.recipe["generator"]
    return Store(Reader(folder, manifest=manifest), make=partial(make, leave=named), follow=partial(follow, leave=named))


def generate_part(
    generator: str | Generator | Recipe,
    out: str | Path,
    shard_index: int,
    num_shards: int,
    *,
    workers: int | None = None,
    progress: Progress | bool = silent,
    **settings: Any,
) -> None:
    """Generate one job's part of a set: job i of k writes the files i, i + k, i + 2k, …, at the same time as the others.

    Afterwards one call of `generate` with the same settings keeps every file, makes what is missing, and finishes the set.

    Args:
        generator: as for `generate`.
        out: a folder that all jobs see.
        shard_index: which job this is, from 0 to num_shards - 1.
        num_shards: how many jobs there are.
        workers: threads of this job; all its cores by default.
        progress: True shows a bar on stderr, a line every half a minute in logs and notebooks; or a function that is called
            with the number of rows just finished.
        settings: those of `generate`, the same for all jobs.

    Raises:
        InputError: something asked for does not fit. StoreError: the disk is full, read-only or gone.

    >>> import factorhub, tempfile
    >>> from factorhub.build.sets import generate_part
    >>> folder = tempfile.mkdtemp() + "/sprites"
    >>> for job in range(2):  # on a cluster: at the same time
    ...     generate_part("dsprites", folder, job, 2, rows=100, shard_rows=20)
    >>> len(factorhub.generate("dsprites", folder, rows=100, shard_rows=20))
    100
    """
    folder = local_path("generate_part", out)
    num_shards = whole("num_shards (--num-shards)", num_shards, 1)
    shard_index = whole("shard_index (--shard-index)", shard_index, 0, num_shards - 1)
    _check_switches(False, progress)
    workers = _workers(workers)
    source, planned = _prepare(generator, **settings)
    mine = range(shard_index, len(planned.shards), num_shards)
    with shown(progress, sum(len(planned.shards[number]) for number in mine), source.generator.name) as told:
        write(
            source,
            planned,
            folder,
            workers=workers,
            progress=told,
            only=mine,
            measure=measure(source, planned.recipe.get("bound")),
        )


def _prepare(
    generator: str | Generator | Recipe,
    *,
    shard_rows: int | None = None,
    compression: Compression = "auto",
    level: int | None = None,
    **settings: Any,
) -> tuple[Sampled, Plan]:
    if isinstance(generator, Recipe):
        given = [name for name, value in settings.items() if value not in (None, 0, "permuted")]  # others than the defaults
        if given:
            raise InputError(f"a recipe says all about the rows; got {', '.join(given)} beside it; change the recipe")
        asked = generator
    else:
        asked = recipe(generator, **settings)
    source = source_of(generator, asked) if isinstance(generator, Generator) else asked.source()
    return source, plan(source, asked, shard_rows=shard_rows, compression=compression, level=level)


def _workers(asked: int | None) -> int | None:
    return None if asked is None else whole("workers (threads)", asked, 1, 1024)


def _check_switches(overwrite: object, progress: object) -> None:
    must_be("overwrite", overwrite, bool, "True or False")
    if not callable(progress) and not isinstance(progress, bool):
        raise InputError(f"progress is True, or a function that is told how many rows are done; got {short(progress)}")


def open(path: str | Path, split: str | None = None, *, generator: str | None = None) -> Store:
    """Open a set, or one split of it. The manifest is read; shards are opened when their rows are asked for.

    Args:
        path: the folder of a set.
        split: one of its splits; all rows by default.
        generator: the `package.module:function` of the set's recipe, to say that its code may be imported where rows that
            the set does not hold are rendered; generators of the catalog need not be named.

    Raises:
        StoreError: no set there, an unfinished or a damaged one. InputError: no such split.

    >>> import factorhub, tempfile
    >>> folder = tempfile.mkdtemp() + "/tunes"
    >>> tunes = factorhub.generate("dmelodies", folder, rows=1000, splits={"train": 0.9, "test": 0.1})
    >>> test = factorhub.open(folder, split="test")
    >>> len(test), test[[30, 10, 20]]["tokens"].shape, set(test.values("octave").tolist()) == {4.0, 5.0, 6.0}
    (100, (3, 16), True)
    """
    return Store(
        Reader(local_path("open", path), split), make=partial(make, leave=generator), follow=partial(follow, leave=generator)
    )


def make(recipe: Mapping[str, Any], leave: str | None = None) -> Generator:
    """The generator that a recipe names, which is imported for it if it may be."""
    catalog.check_leave(recipe.get("generator"), leave)
    return catalog.generator(recipe["generator"], **recipe.get("options", {}))


def follow(recipe: Mapping[str, Any], row: int, changes: Mapping[str, Any], leave: str | None = None) -> Array | None:
    """The values (k,) that natural row `row` of a recipe would have had with these factors set; None without a causal model."""
    if not MODELS.intersection(_kinds(recipe)):
        return None
    source = Recipe.from_dict(recipe, generator=leave).source()
    targets = tuple(Do(name, value) for name, value in changes.items())
    return followed(source.regime, source.generator.space, source.seed, row, targets)


def _kinds(data: Any) -> Iterator[str]:
    """Every `kind` in a recipe's data: which records its regimes are made of."""
    if isinstance(data, Mapping):
        if isinstance(data.get("kind"), str):
            yield data["kind"]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _kinds(item)


def repair(
    path: str | Path, *, generator: str | None = None, workers: int | None = None, progress: Progress | bool = silent
) -> Report:
    """Make damaged shards of a set again from its recipe, check that they are those of the manifest, and write its card anew.

    Args:
        path: the folder of a set.
        generator: the `package.module:function` of the recipe, to say that its code may be imported and run; generators
            of the catalog need not be named.
        workers: threads; all cores by default.
        progress: as for `generate`, of the rows that are made again.

    Raises:
        InputError: the recipe names a generator outside the catalog, and `generator` does not.
        StoreError: the recipe cannot give back the rows of the manifest (then the old files are kept).
    """
    folder = local_path("repair", path)
    workers = _workers(workers)
    manifest = read_manifest(folder, changed=True)
    report = verify(folder)
    if report.ok:
        return report
    if not report.damaged:
        settle(manifest, folder)
        return verify(folder)
    try:
        source = Recipe.from_dict(manifest.plan.recipe, generator=generator).source()
    except FactorhubError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"the recipe of {folder} cannot be followed: {error}; generate the set again with overwrite=True (--overwrite)"
        ) from None
    if source.columns != manifest.plan.columns or source.order != manifest.plan.order:
        raise StoreError(f"the recipe of {folder} gives other columns or rows than the manifest has; nothing was replaced")
    with shown(progress, sum(len(manifest.plan.shards[number]) for number in report.damaged), source.generator.name) as told:
        rewrite(source, manifest, folder, report.damaged, workers, told)
    return replace(verify(folder), repaired=report.damaged)
