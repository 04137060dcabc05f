"""`factorhub metrics`, `evaluate` and `leaderboard`: what metrics there are, models judged, and records compared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from factorhub.commands.arguments import as_json, pairs, set_option, show
from factorhub.commands.completion import ANY, FILE, METRIC, SET, SPLIT
from factorhub.commands.group import WHOLE, echo
from factorhub.errors import FactorhubError, InputError, StoreError, cut

if TYPE_CHECKING:
    from factorhub.metrics import Metric


@click.command(short_help="List the metrics, or show one.")
@click.argument("name", required=False, type=METRIC)
@as_json
def metrics(name: str | None, as_json: bool) -> None:
    """List every metric, or show what NAME measures, what it needs, its range, chance, invariances and cost."""
    from factorhub import metrics as room
    from factorhub.commands import describe

    if name is not None:
        found = room.metric(name)
        show(metric_facts(found), metric_text(found), as_json)
        return
    every = [room.metric(known) for known in room.names()]
    rows = [["metric", "tier", "cost", "range", "better", "measures"]]
    rows += [[m.name, m.tier, m.cost, _range(m), m.better, m.measures] for m in every]
    hint = "\n\nfactorhub metrics NAME says more; factorhub evaluate SET --metrics NAME,… computes them"
    show([metric_facts(m) for m in every], describe.table(rows) + hint, as_json)


def metric_facts(metric: Metric) -> dict[str, Any]:
    """What a metric says of itself, as JSON data."""
    import inspect

    shared = ("codes", "factors", "schema", "mask", "groups", "seed", "fix")
    parameters = inspect.signature(metric.function).parameters.values()
    settings = {p.name: p.default for p in parameters if p.name not in shared and p.kind is p.KEYWORD_ONLY}
    facts = {key: value for key, value in vars(metric).items() if key != "function"}
    return {
        **facts,
        "range": [str(end) if abs(end) == float("inf") else end for end in metric.range],
        "needs": list(metric.needs),
        "invariances": sorted(metric.invariances),
        "settings": {
            key: value if isinstance(value, (int, float, str, bool, type(None))) else str(value) for key, value in settings.items()
        },
    }


def metric_text(metric: Metric) -> str:
    """What a metric says of itself, a line each, and what its function says of its settings."""
    import inspect

    from factorhub.metrics import INVARIANCES, NEEDS

    facts = metric_facts(metric)
    given = ", ".join(f"{key}={value}" for key, value in facts["settings"].items()) or "none"
    lines = [
        f"{metric.name}: {metric.measures}?",
        "",
        (inspect.getdoc(metric.function) or "").partition("\n\nArgs:")[0],
        "",
        f"needs       {', '.join(NEEDS[need] for need in metric.needs)}"
        + (f"; pip install 'factorhub[{metric.extra}]'" * bool(metric.extra)),
        f"range       {_range(metric)}, {metric.better} is better",
        f"ideal       {metric.ideal:g}",
        f"chance      {metric.chance}",
        f"cost        {metric.cost} at 10,000 rows of 10 codes; tier {metric.tier}",
        f"settings    {given}",
        f"version     {metric.version}",
        f"source      {metric.source}",
        "",
        "holds:",
        *(f"  {INVARIANCES[name]}" for name in sorted(metric.invariances)),
    ]
    if metric.lacks:
        lines += ["does not hold:", *(f"  {INVARIANCES[name]} ({why})" for name, why in sorted(metric.lacks.items()))]
    return "\n".join(lines)


def _range(metric: Metric) -> str:
    return f"{metric.range[0]:g} to {metric.range[1]:g}"


@click.command(short_help="Judge a model, or codes, on a set.")
@click.argument("path", metavar="[SET]", required=False, type=ANY)
@click.option("--codes", metavar="FILE.npz", type=FILE, help="Codes by row of the set, or with an array 'index' of row numbers.")
@click.option(
    "--model", metavar="MODULE:FUNCTION", help="From a batch of observations to codes (n, D); its code is imported and run."
)
@click.option(
    "--metrics", "asked", default="basic", show_default=True, help="basic, full, a protocol, or NAME,… (factorhub metrics)."
)
@click.option("--split", type=SPLIT, help="The stored rows of this split; else fresh draws of the independent grid.")
@click.option("--regime", metavar="TEXT", help="Draws of this regime in place of the independent grid; own is that of the set.")
@click.option("--draws", type=WHOLE, help="Fresh draws; 5 by default.")
@click.option("--rows", "n", type=WHOLE, help="Rows of a draw; 10000 by default.")
@click.option("--seed", type=WHOLE, default=0, show_default=True, help="Of the draws, the metrics and the panel.")
@click.option("--batch", type=WHOLE, default=256, show_default=True, help="Observations that the model is given at once.")
@click.option("--layout", help="stored (arrays as in the set), float (images in [0, 1]) or torch (tensors, channels first).")
@click.option(
    "--factor", "factors", multiple=True, metavar="NAME", help="Score this factor, and others named so; else all that vary."
)
@click.option("--name", help="Of the model, in the record.")
@set_option
@click.option("--out", metavar="DIR", type=SET, help="Write the record into this folder.")
@as_json
def evaluate(path: str | None, codes: str | None, model: str | None, asked: str, as_json: bool, **given: Any) -> None:
    """Judge a model or codes on SET, a generator's name or a set's folder: scores beside those of codes of known kinds."""
    from factorhub.evaluation import evaluate as judge

    if (codes is None) == (model is None):
        got = "both" if codes is not None else "neither"
        raise InputError(f"evaluate judges --codes FILE.npz or --model module:function; got {got}; give one of them")
    out, factors, name = given.pop("out"), given.pop("factors"), given.pop("name")
    options = pairs(given.pop("options"), "an option")
    index = None
    if codes is not None:
        encode, index = _codes(codes)
        given.pop("layout")
    else:
        encode = _model(str(model))
    report = judge(
        encode, path, asked, index=index, factors=factors or None, model=name or model or codes, options=options,
        progress=sys.stderr.isatty(), **given,
    )  # fmt: skip
    show(report.record(), str(report), as_json)
    if out is not None:
        echo(f"record: {report.save(out)}", err=as_json)


def _model(name: str) -> Any:
    """The function called `module:function`, imported because it was named on the command line."""
    from factorhub.named import imported

    if ":" not in name:
        raise InputError(f"a model is named as module:function; got '{cut(name)}'; name the function from a batch to codes")
    try:
        found = imported("model", name)
    except FactorhubError:
        raise
    except Exception as error:
        why = cut(" ".join(f"{type(error).__name__}: {error}".split()), 200)
        raise InputError(f"model '{cut(name)}' cannot be imported: {why}; import it in Python to see where") from error
    if not callable(found):
        raise InputError(f"model '{cut(name)}' is no function from a batch of observations to codes; name one")
    return found


def _codes(file: str) -> tuple[Any, Any]:
    """The arrays `codes` and `index` of a file; nothing in it is unpickled.

    Raises:
        StoreError: it cannot be read. InputError: it is no npz file, or not one of codes.
    """
    import zipfile

    import numpy as np

    from factorhub.paths import local_path

    path = local_path("evaluate", file, "an npz file")
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise InputError(f"{file} is no plain file; name a file of np.savez")
        if path.exists() and not zipfile.is_zipfile(path):
            raise InputError(f"{file} is no npz file, which holds arrays by name; write np.savez(FILE, codes=array)")
        with np.load(path, allow_pickle=False) as opened:
            names = list(opened.files)
            others = [name for name in names if name != "index"]
            chosen = "codes" if "codes" in names else others[0] if len(others) == 1 else None
            if chosen is None:
                listed = cut(", ".join(names)) or "none"
                raise InputError(
                    f"{file} holds an array 'codes', and perhaps 'index'; got {listed}; write np.savez(FILE, codes=array)"
                )
            return opened[chosen], opened["index"] if "index" in names else None
    except FactorhubError:
        raise
    except OSError as error:
        raise StoreError(f"cannot read {file}: {error.strerror or 'it is no npz file'}; name a file of np.savez") from None
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, MemoryError) as error:
        pickled = "pickle" in str(error).lower()
        why = "it holds Python objects, which are not unpickled" if pickled else f"it is no npz file of arrays ({cut(str(error))})"
        raise InputError(f"cannot read codes from {file}: {why}; write np.savez(FILE, codes=array) of numbers") from None


@click.command(short_help="Compare records of models.")
@click.argument("folders", nargs=-1, required=True, metavar="DIR…", type=SET)
@click.option("--to", "form", default="markdown", show_default=True, metavar="FORM", help="markdown, csv, html or json.")
@click.option("--out", metavar="FILE", type=FILE, help="Write it to a file; else it is printed.")
def leaderboard(folders: tuple[str, ...], form: str, out: str | None) -> None:
    """Put the records in the folders DIR… into tables, one for each set and protocol, and say what was refused."""
    from factorhub.evaluation import leaderboard as compare
    from factorhub.paths import local_path
    from factorhub.storage.whole import write_whole

    board = compare(folders)
    text = board.to(form)
    for name, why in board.refused:
        echo(f"factorhub: refused {name}: {why}", err=True)
    if out is None:
        echo(text.rstrip("\n"))
        return
    path = local_path("leaderboard", out, "a file")
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; name another file") from None
    echo(str(path))
