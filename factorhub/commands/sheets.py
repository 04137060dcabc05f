"""`factorhub preview`: contact sheets and traversals of generators and sets, as PNG files."""

from __future__ import annotations

import click

from factorhub.commands.arguments import no_options, pairs, set_option
from factorhub.commands.completion import FACTOR, FILE, SPLIT
from factorhub.commands.group import WHOLE, echo
from factorhub.errors import InputError


@click.command(short_help="Draw a contact sheet or a traversal.")
@click.argument("name")
@click.option("--out", required=True, metavar="FILE.png", type=FILE, help="The picture to write.")
@click.option("--traverse", metavar="FACTOR", type=FACTOR, help="One row with this factor moved through its range.")
@click.option("--count", type=WHOLE, help="Pictures on the sheet: 24, of a traversal 10, unless said.")
@click.option("--seed", type=WHOLE, default=0, show_default=True, help="Of the rows shown.")
@click.option("--columns", type=WHOLE, help="Pictures in a row of the sheet.")
@click.option("--regime", metavar="REGIME", help="Rows of a generator under a regime, such as 'pairs(k=2)'.")
@click.option("--where", "region", metavar="REGION", help="Rows in a region, such as 'shape == heart & scale > 0.6'.")
@click.option("--split", type=SPLIT, help="Rows of this split of a set.")
@click.option("--row", type=WHOLE, help="This row of a set alone.")
@set_option
def preview(
    name: str, out: str, traverse: str | None, count: int | None, seed: int, columns: int | None, regime: str | None,
    region: str | None, split: str | None, row: int | None, options: tuple[str, ...],
) -> None:  # fmt: skip
    """Draw a contact sheet of a generator NAME or a set at a PATH, factors written under each picture."""
    from factorhub import build, catalog
    from factorhub.commands import describe
    from factorhub.commands import preview as pictures
    from factorhub.regimes import Where, from_text, to_text
    from factorhub.regions import parse
    from factorhub.source import row_numbers

    if not 1 <= (1 if count is None else count) <= 1000 or (columns is not None and columns < 1):
        got = ", ".join(f"--{name} {value}" for name, value in (("count", count), ("columns", columns)) if value is not None)
        raise InputError(f"a sheet has 1 to 1000 pictures and at least one column; got {got}")
    if describe.is_set(name):
        no_options(name, options)
        if regime is not None:
            raise InputError(f"--regime is for generators, and {name} is a set that was drawn already; use --where for some rows")
        store = build.open(name, split)
        rows = None if region is None else store.where(region)
        if row is not None:
            rows = row_numbers([row], len(store), name)
        if rows is not None and not len(rows):
            raise InputError(f"no row of {name} lies in '{region}'; loosen a condition")
        drawn = (
            pictures.traversal(pictures.generator_of(store), traverse, seed, count)
            if traverse
            else pictures.stored(store, count or 24, rows)
        )
    else:
        if split is not None or row is not None:
            raise InputError(f"--split and --row are for sets; {name} is a generator; use --regime, --where or --seed")
        made = catalog.generator(name, **pairs(options, "an option"))
        if traverse:
            drawn = pictures.traversal(made, traverse, seed, count)
        elif regime is not None or region is not None:
            text = to_text(Where(parse(region), from_text(regime or "uniform"))) if region is not None else str(regime)
            drawn = pictures.drawn_by(made, count or 24, seed, text)
        else:
            drawn = pictures.contact(made, count or 24, seed)
    pictures.save(pictures.sheet(*drawn, columns=columns), out)
    echo(out)
