"""`factorhub read`: the factors that observations tell, of a set or of what a model made."""

from __future__ import annotations

from typing import Any

import click

from factorhub.commands.arguments import as_json, pairs, set_option, show
from factorhub.commands.completion import ANY, GENERATOR
from factorhub.commands.group import WHOLE
from factorhub.errors import InputError


@click.command(short_help="Read factors back from texts and melodies.")
@click.argument("path", type=ANY)
@click.option("--generator", "name", type=GENERATOR, help="Whose observations they are; of a set, its own.")
@click.option("--column", help="The column of tokens; the first text by default.")
@click.option("--limit", type=WHOLE, default=10, show_default=True, help="Show at most so many rows; 0 shows none.")
@set_option
@as_json
def read(path: str, name: str | None, column: str | None, limit: int, options: tuple[str, ...], as_json: bool) -> None:
    """Read the factors of the melodies, sentences or captions in PATH: a set, or a FILE.npy of tokens that a model made.

    Prints the share of rows that the generator does not make, and for each factor how often it could be read.
    """
    from factorhub import build, catalog
    from factorhub.commands import describe
    from factorhub.readers import read_factors

    if limit < 0:
        raise InputError(f"--limit is 0 (none) or more; got {limit}")
    if path.endswith(".npy"):
        if name is None:
            raise InputError(f"{path} does not say what made it; name it: --generator dmelodies")
        made, tokens = catalog.generator(name, **pairs(options, "--set")), tokens_of(path)
    else:
        store = build.open(path)
        made = catalog.generator(name, **pairs(options, "--set")) if name else store.generator
        if column is None:
            column = store.text_column().name
        tokens = store.read(slice(None), [column])[column]
    codes, valid = read_factors(tokens, made)
    flat, right = codes.reshape(-1, codes.shape[-1]), valid.reshape(-1)
    known = {factor.name: float((flat[:, i] >= 0).mean()) if len(flat) else 0.0 for i, factor in enumerate(made.space)}
    facts = {"rows": len(flat), "invalid": float(1 - right.mean()) if len(flat) else 0.0, "read": known}
    lines = [["row", "valid", *made.space.names]]
    for row in range(min(limit, len(flat))):
        told = (_told(factor, code) for factor, code in zip(made.space, flat[row], strict=True))
        lines.append([str(row), "yes" if right[row] else "no", *told])
    text = f"{facts['rows']:,} rows, of which {facts['invalid']:.2%} are none of {made.name}"
    missing = ", ".join(f"{factor} {share:.1%}" for factor, share in known.items() if share < 1)
    text += f"\nread less often than always: {missing}" if missing else "\nevery factor was read in every row"
    show(facts, text + (f"\n\n{describe.table(lines, wrap=False)}" if len(lines) > 1 else ""), as_json)


def _told(factor: Any, code: int) -> str:
    """A code as a person reads it; a dash where it was not read."""
    if code < 0:
        return "-"
    return factor.labels[code] if factor.labels is not None else f"{factor.values(code):.6g}"


def tokens_of(path: str) -> Any:
    """The integers of a file, of which nothing is run."""
    import numpy as np

    try:
        found = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror or 'no array'}; name a .npy file of integers (rows, tokens)"
        ) from None
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is no array of numbers: {error}; save tokens with numpy.save") from None
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iu" or found.ndim < 1:
        got = getattr(found, "dtype", type(found).__name__)
        raise InputError(f"{path} holds integers (rows, tokens); got {got}; save tokens with numpy.save")
    return found
