"""The command line: parses, calls, prints. stdout is data, stderr is progress; exit 0 ok, 1 check failed, 2 usage."""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from factorhub.commands.arguments import as_json, no_options, pairs, set_option, show
from factorhub.commands.completion import (
    ANY,
    COMPRESSION,
    CONDITION,
    FILE,
    FORMAT,
    GENERATOR,
    ORDER,
    PRESET,
    REGIME,
    SET,
    SPLIT,
)  # fmt: skip
from factorhub.commands.evaluate import evaluate, leaderboard, metrics
from factorhub.commands.explore import explore
from factorhub.commands.group import WHOLE, Group, echo
from factorhub.commands.read import read
from factorhub.commands.sheets import preview
from factorhub.commands.shell import EXAMPLES, shards
from factorhub.commands.warm import warm
from factorhub.errors import InputError

REGION = re.compile(r"==|!=|[<>&|~]|\b(in|between)\b")


@click.group("factorhub", cls=Group, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="factorhub")
def main() -> None:
    """Benchmark datasets with known factors of variation, generated instead of downloaded."""


@main.command("list", short_help="List the generators.")
@as_json
def list_(as_json: bool) -> None:
    """List every generator: name, factors, rows of its grid, fields, and what it is."""
    from factorhub.commands import describe

    facts = describe.catalog_facts()
    show(facts, describe.catalog_text(facts), as_json)


@main.command(short_help="Show the facts of a generator or a set.")
@click.argument("name", type=ANY)
@set_option
@click.option("--recipe", is_flag=True, help="Print the recipe of a set alone.")
@as_json
def info(name: str, options: tuple[str, ...], recipe: bool, as_json: bool) -> None:
    """Show the factor table, fields and source of a generator NAME, or of the set at a PATH also its splits and recipe.

    What is printed of a set is a recipe with comments: `factorhub generate --recipe FILE.toml` reads it.
    """
    from factorhub import build, catalog
    from factorhub.commands import describe

    if describe.is_set(name):
        no_options(name, options)
        store = build.open(name)
        if recipe:
            show(dict(store.plan.recipe), describe.recipe_text(store), as_json)
            return
        show(describe.store_facts(store), describe.store_text(store), as_json)
    else:
        if recipe:
            raise InputError(f"--recipe prints how a set was made, and {name} is a generator; name the folder of a set")
        made = catalog.generator(name, **pairs(options, "an option"))
        show(describe.generator_facts(made), describe.generator_text(made), as_json)


@main.command(short_help="Generate a set into a folder, or finish one.")
@click.argument("name", required=False, type=GENERATOR)
@click.option("--out", required=True, metavar="DIR", type=SET, help="The folder to write; made if it does not exist.")
@click.option("--rows", type=WHOLE, help="How many rows; the whole grid by default.")
@click.option("--seed", type=WHOLE, default=0, show_default=True, help="Of the order, the splits and the draws.")
@click.option("--regime", metavar="TEXT", type=REGIME, help="Which factor vectors, such as 'pairs(k=2)'; the grid by default.")
@click.option("--splits", metavar="TEXT", help="train=0.7,test=0.3 or 'test=shape == heart; train=rest'.")
@click.option("--preset", metavar="PROTOCOL", type=PRESET, help="Regime and splits of a published protocol; see factorhub presets.")
@click.option("--recipe", "file", metavar="FILE.toml", type=FILE, help="All of it from a file, as factorhub info PATH prints it.")
@click.option("--generator", metavar="MODULE:FUNCTION", help="Says that the recipe's generator, outside the catalog, may run.")
@click.option("--order", default="permuted", type=ORDER, show_default=True, help="permuted or natural (grid order).")
@set_option
@click.option("--bound", type=float, help="Largest measured error; below a float32's rounding by default (dynamics).")
@click.option("--workers", type=WHOLE, help="Threads; all cores by default. The rows do not depend on it.")
@click.option("--shard-rows", type=WHOLE, help="Rows a file; about 256 MiB of rows by default. The rows do not depend on it.")
@click.option("--compression", default="auto", type=COMPRESSION, show_default=True, help="auto, gzip or none.")
@click.option("--level", type=WHOLE, help="Of gzip, 1 to 9.")
@click.option("--overwrite", is_flag=True, help="Replace another set in the folder; other files are never touched.")
@click.option("--shard-index", type=WHOLE, help="Write only the files of job I of several; then finish without this option.")
@click.option("--num-shards", type=WHOLE, help="How many such jobs there are.")
@click.pass_context
def generate(ctx: click.Context, /, out: str, **given: Any) -> None:
    """Generate a set of the generator NAME into a folder; run again to finish an interrupted run."""
    from factorhub import build
    from factorhub.build import protocols, recipes
    from factorhub.progress import Bar

    keys = ("name", "rows", "seed", "regime", "splits", "preset", "file", "order", "options", "bound")
    what = {key: given.pop(key) for key in keys}
    leave = given.pop("generator", None)
    file = what.pop("file")
    if file is None:
        if leave is not None:
            raise InputError(f"--generator goes with --recipe; to generate {leave} give it as the NAME")
        asked = protocols.asked(**{**what, "options": pairs(what["options"], "an option")})
    else:
        asked = recipes.Recipe.from_toml(file, generator=leave)
        given_too = [name for name in what if ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE]
        if given_too:
            shown = ", ".join(
                str(what[name]) if name == "name" else f"--{'set' if name == 'options' else name}" for name in given_too
            )
            raise InputError(f"a recipe says all that rows depend on; leave out {shown}, or change {file}")
    part = given.pop("shard_index"), given.pop("num_shards")
    if part != (None, None):
        if None in part or given.pop("overwrite"):
            raise InputError("--shard-index and --num-shards go together, without --overwrite; give both, or neither")
        build.generate_part(asked, out, *part, **given)
        echo(f"{out}: the files of job {part[0]} of {part[1]}; the same command without --shard-index finishes the set")
        return
    with Bar(len(asked.source()), asked.generator) as bar:
        store = build.generate(asked, out, progress=bar, **given)
    echo(f"{out}: {len(store):,} rows in {shards(len(store.plan.shards))}, {store.manifest.bytes / 1e6:,.1f} MB")


@main.command(short_help="List published protocols, for generate --preset.")
@as_json
def presets(as_json: bool) -> None:
    """List the published protocols that generate --preset knows: regimes, splits, and where they come from."""
    from factorhub.commands import describe

    show(describe.preset_facts(), describe.preset_text(), as_json)


@main.command(short_help="Find rows by their ground-truth factors.")
@click.argument("path", type=SET)
@click.argument("conditions", nargs=-1, type=CONDITION, metavar="[FACTOR=VALUE | REGION]…")
@click.option("--split", type=SPLIT, help="Rows of this split only, counted within it.")
@click.option("--row", type=WHOLE, help="Show the factors of this row instead.")
@click.option("--count", is_flag=True, help="Print only how many rows match.")
@click.option("--limit", type=WHOLE, default=20, show_default=True, help="Show at most so many rows; 0 shows all.")
@as_json
def lookup(
    path: str, conditions: tuple[str, ...], split: str | None, row: int | None, count: bool, limit: int, as_json: bool
) -> None:
    """Find the rows of the set at PATH that have these ground-truth factors.

    VALUE may be a list such as 4,5. A REGION is a condition such as 'shape == heart & scale > 0.6'.
    """
    import numpy as np

    from factorhub import build
    from factorhub.commands import describe
    from factorhub.source import row_numbers

    regions = [item for item in conditions if REGION.search(item)]
    plain = pairs(tuple(item for item in conditions if item not in regions), "a condition")
    store = build.open(path, split)
    if limit < 0:
        raise InputError(f"--limit is 0 (all) or more; got {limit}")
    if row is not None:
        if conditions or count:
            raise InputError("--row shows one row; leave out the conditions and --count")
        row = int(row_numbers(row, len(store), path))
        show({"row": row, "factors": store.factors(row)}, describe.rows_text(store, [row]), as_json)
        return
    found = store.lookup({name: value.split(",") for name, value in plain.items()})
    for region in regions:
        found = np.intersect1d(found, store.where(region), assume_unique=True)
    if count:
        show({"count": len(found)}, str(len(found)), as_json)
        return
    shown = found[: limit or None].tolist()
    text = describe.rows_text(store, shown) if shown else "no row has these factors"
    more = f"\n{len(found):,} rows; --limit 0 shows all" if len(found) > len(shown) else ""
    show({"count": len(found), "rows": shown}, text + more, as_json)


@main.command(short_help="Check a set against its digests.")
@click.argument("path", type=SET)
@as_json
def verify(path: str, as_json: bool) -> None:
    """Check that every shard of the set at PATH holds what the manifest says; exit 1 with a list of what is wrong."""
    from factorhub.paths import local_path
    from factorhub.progress import Bar
    from factorhub.storage.manifest import read_manifest
    from factorhub.storage.verify import verify as check

    plan = read_manifest(local_path("verify", path), changed=True).plan
    with Bar(len(plan), "verify") as bar:
        report = check(path, bar)
    data = {"ok": report.ok, "problems": list(report.problems), "digests": report.digests}
    hint = f"\nfactorhub repair {path} makes damaged shards again, and writes the card anew"
    text = f"{path}: {len(plan):,} rows in {shards(len(plan.shards))}, all as the manifest says" if report.ok else ""
    show(data, text or "\n".join(report.problems) + hint, as_json)
    click.get_current_context().exit(0 if report.ok else 1)


@main.command(short_help="Make the damaged shards of a set again.")
@click.argument("path", type=SET)
@click.option("--generator", metavar="MODULE:FUNCTION", help="Says that the recipe's generator, outside the catalog, may run.")
@click.option("--workers", type=WHOLE, help="Threads; all cores by default.")
def repair(path: str, generator: str | None, workers: int | None) -> None:
    """Make the damaged shards of the set at PATH again from its recipe, and prove them by their digests."""
    from factorhub import build

    report = build.repair(path, generator=generator, workers=workers, progress=sys.stderr.isatty())
    again = f"made {len(report.repaired)} shard{'s' * (len(report.repaired) != 1)} again, " if report.repaired else ""
    echo("\n".join(report.problems) if report.problems else f"{path}: {again}every shard is as the manifest says")
    click.get_current_context().exit(0 if report.ok else 1)


@main.command(short_help="Write a set as a file for other loaders.")
@click.argument("path", type=SET)
@click.option("--to", required=True, metavar="FORMAT", type=FORMAT, help="npz, parquet, webdataset, midi, …, or module:function.")
@click.option("--out", required=True, metavar="FILE", type=FILE, help="The file to write.")
@click.option("--split", type=SPLIT, help="Rows of this split only.")
@click.option("--row", type=WHOLE, help="This row only, such as one melody as a .mid.")
def export(path: str, to: str, out: str, split: str | None, row: int | None) -> None:
    """Write the set at PATH as one file that other people's loaders read."""
    from factorhub import build
    from factorhub.exchange.formats import export as write
    from factorhub.exchange.table import Part
    from factorhub.progress import Bar
    from factorhub.source import Labelled

    store = build.open(path, split)
    source: Labelled = store if row is None else Part(store, [row])
    with Bar(len(source), "export") as bar:
        echo(write(source, to, out, title=store.plan.title, progress=bar))


@main.command("import", short_help="Turn a published file into a set.")
@click.argument("file", type=FILE)
@click.option("--out", required=True, metavar="DIR", type=SET, help="The folder to write; made if it does not exist.")
@click.option("--splits", metavar="NAME=SHARE,…", help="Such as train=0.7,validation=0.2,test=0.1.")
@click.option("--layout", metavar="NAME", default="", help="Which set it is, where the files of two are alike; import asks for it.")
@click.option("--seed", type=WHOLE, default=0, show_default=True, help="Of the order and the splits.")
@click.option("--overwrite", is_flag=True, help="Replace another set in the folder; other files are never touched.")
@click.pass_context
def import_(ctx: click.Context, file: str, out: str, splits: str | None, layout: str, seed: int, overwrite: bool) -> None:
    """Turn a published dSprites, 3D Shapes, MPI3D or dMelodies FILE into a set with full factor labels."""
    from factorhub.exchange.published import NAME

    options = (f"file={file}", f"layout={layout}")
    ctx.invoke(generate, name=NAME, out=out, splits=splits, seed=seed, overwrite=overwrite, options=options, file=None)


for command in (preview, explore, read, metrics, evaluate, leaderboard, warm):
    main.add_command(command)
