"""Regimes as data and as text: dicts for manifests and recipe files, `pairs(k=2, mode=at_most)` for the command line.

Both come back as equal records. Text is read through Python's syntax tree, of which only names, literals, lists and
calls of known regimes are taken; nothing is ever evaluated. A regime of an outsider is imported only for whoever names it:
what reads a file passes `importing=False`, and then finds only regimes of modules that are imported already.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union

from factorhub.errors import InputError, cut, must_be, reading, short, unknown
from factorhub.formulas import Formula
from factorhub.regimes.causal import Causal
from factorhub.regimes.correlated import Copula, Correlated
from factorhub.regimes.counterfactual import Counterfactual
from factorhub.regimes.edits import Edits
from factorhub.regimes.environments import Environments
from factorhub.regimes.grid import Grid
from factorhub.regimes.labels import Labels
from factorhub.regimes.line import Line
from factorhub.regimes.linear_scm import LinearScm
from factorhub.regimes.mechanisms import Do, Mechanism
from factorhub.regimes.nearby import Perturbation, Radius
from factorhub.regimes.pairs import Pairs
from factorhub.regimes.regime import Regime
from factorhub.regimes.sequences import Sequence, Traversal, Walk
from factorhub.regimes.shell import Shell
from factorhub.regimes.tasks import Tasks
from factorhub.regimes.temporal import Temporal
from factorhub.regimes.uniform import Uniform
from factorhub.regimes.where import Where
from factorhub.regions import Region, parse

REGIMES: dict[str, type] = {
    "grid": Grid, "uniform": Uniform, "correlated": Correlated, "line": Line, "copula": Copula, "causal": Causal,
    "counterfactual": Counterfactual, "linear_scm": LinearScm, "environments": Environments, "shell": Shell, "where": Where,
    "pairs": Pairs, "radius": Radius, "perturbation": Perturbation, "walk": Walk, "traversal": Traversal, "sequence": Sequence,
    "temporal": Temporal, "labels": Labels, "tasks": Tasks, "edits": Edits,
}  # fmt: skip
PARTS: dict[str, type] = {"mechanism": Mechanism, "formula": Formula, "do": Do}  # what regimes are made of
KINDS = {**REGIMES, **PARTS}
METHODS = ("space", "length", "axes", "extras", "support", "draw")
NAMES = {kind: name for name, kind in KINDS.items()}


def to_dict(record: Any) -> dict[str, Any]:
    """A regime as JSON and TOML data: its `kind` and all its fields, nested records likewise, regions as text.

    A regime of an outsider has the kind `package.module:Class`.

    >>> to_dict(Where("shape == heart", Grid()))
    {'kind': 'where', 'version': 1, 'region': 'shape == heart', 'inner': {'kind': 'grid', 'version': 1}}
    """
    shown = {item.name: getattr(record, item.name) for item in fields(record)}
    version = {} if type(record) in PARTS.values() else {"version": version_of(type(record))}
    return {"kind": _name(type(record)), **version, **{name: _plain(value) for name, value in shown.items() if value is not None}}


def version_of(kind: type) -> int:
    """The version of a kind of regime, raised whenever its rows change: its `version`, 1 where it has none."""
    return int(getattr(kind, "version", 1))


def from_dict(data: Mapping[str, Any], *, importing: bool = True) -> Any:
    """The regime that `to_dict` described. Fields left out take their defaults; a plain name stands for a regime.

    A version is that of the regime's rows; where it is left out, as in what people write, it is the one of this factorhub.

    Raises:
        InputError: an unknown kind or field, a value of the wrong type, or another version; says what there is.

    >>> from_dict({"kind": "pairs", "k": 2, "inner": "grid"}) == Pairs(k=2, inner=Grid())
    True
    """
    must_be("the data of a regime", data, Mapping, "a dictionary such as {'kind': 'pairs', 'k': 2}")
    if "kind" not in data:
        raise InputError(f"a regime needs its kind, one of {', '.join(REGIMES)}; got {short(dict(data))}")
    kind, name = _kind(str(data["kind"]), importing), str(data["kind"])
    hints, known = typing.get_type_hints(kind), {item.name: item for item in fields(kind)}
    found = {}
    asked, has = data.get("version", version_of(kind)), version_of(kind)
    if asked != has and "version" not in known:
        which = f"the recipe asks for version {short(asked)} of {name}, this factorhub has {has}"
        raise InputError(f"{which}; install the factorhub that wrote the recipe")
    for key, value in data.items():
        if key != "kind" and (key != "version" or key in known):
            if key not in known:
                raise unknown("field", key, known, name)
            found[key] = _fit(value, hints[key], f"{key} of {name}", importing)
    missing = [
        key for key, item in known.items() if key not in found and item.default is MISSING and item.default_factory is MISSING
    ]
    if missing:
        raise InputError(f"{name} needs {', '.join(missing)}; got {', '.join(found) or 'nothing'}")
    return kind(**found)


def from_text(text: str, *, importing: bool = True) -> Any:
    """The regime that a text such as `where("shape == heart", pairs(k=2))` describes; `to_text` gives equal text back.

    A name alone takes every default; arguments are given in order or by name; words need no quotes.

    >>> from_text("correlated(pairs=[[scale, shape]], sigma=0.2)")
    Correlated(pairs=(('scale', 'shape'),), inverse=(), confounder='', sigma=0.2, on_grid=False)
    """
    must_be("the text of a regime", text, str, "a text such as 'pairs(k=2)'")
    if not text.strip():
        raise InputError(f"the text of a regime is empty; name one of {', '.join(REGIMES)}")
    shown = cut(text, 200)
    with reading("the regime", text):
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            place = f" at character {error.offset}" if error.offset else ""
            form = "write it as in pairs(k=2, mode=exactly)"
            raise InputError(f"cannot read the regime '{shown}': {error.msg}{place}; {form}") from None
        data = _data(tree, shown, importing)
        if not isinstance(data, str | dict):
            raise InputError(f"cannot read the regime '{shown}': expected a name such as uniform, or a call such as pairs(k=2)")
        return from_dict({"kind": data} if isinstance(data, str) else data, importing=importing)


def to_text(record: Any) -> str:
    """The shortest text that `from_text` reads as an equal regime: fields at their defaults are left out.

    >>> to_text(Pairs(k=2, inner=Where("shape == heart", Grid())))
    "pairs(k=2, inner=where('shape == heart', inner=grid))"
    """
    shown = []
    for item in fields(record):
        value, required = getattr(record, item.name), item.default is MISSING and item.default_factory is MISSING
        if required or value != item.default:
            shown.append(_text(value) if required else f"{item.name}={_text(value)}")
    name = _name(type(record)).replace(":", ".")
    return f"{name}({', '.join(shown)})" if shown else name


def _name(kind: type) -> str:
    return NAMES.get(kind, f"{kind.__module__}:{kind.__qualname__}")


def _kind(name: str, importing: bool) -> type:
    if name in KINDS:
        return KINDS[name]
    module, _, attribute = name.partition(":")
    if not attribute:
        raise unknown("regime", name, REGIMES)
    if not importing and module not in sys.modules:
        raise InputError(
            f"the recipe names a regime outside factorhub, '{name}', whose code would be imported and run; "
            f"if you trust it, import {module} in Python and call factorhub from there"
        )
    try:
        found = importlib.import_module(module) if importing else sys.modules[module]
    except ImportError:
        missing = f"there is no module '{cut(module)}' to import; check the spelling and PYTHONPATH"
        raise InputError(f"regime '{cut(name)}': {missing}") from None
    kind = vars(found).get(attribute)  # never through a module's own __getattr__, which may import
    if not (isinstance(kind, type) and is_dataclass(kind) and all(callable(getattr(kind, part, None)) for part in METHODS)):
        raise InputError(f"regime '{cut(name)}': expected a dataclass with the methods of factorhub.regimes.Regime")
    return kind


def _plain(value: Any) -> Any:
    if isinstance(value, Region):
        return str(value)
    if is_dataclass(value):
        return to_dict(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if isinstance(value, Region):
        return repr(str(value))
    if is_dataclass(value):
        return to_text(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_text(item) for item in value)}]"
    if isinstance(value, str) and value.isidentifier() and value.isascii():
        try:
            if isinstance(ast.parse(value, mode="eval").body, ast.Name):
                return value
        except SyntaxError:  # a keyword of Python, such as a factor called `from`
            pass
    return repr(value)


def _data(node: ast.expr, text: str, importing: bool) -> Any:
    """A syntax tree as the data that `from_dict` takes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _data(node.operand, text, importing)
        if isinstance(value, int | float):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.List | ast.Tuple):
        return [_data(item, text, importing) for item in node.elts]
    if isinstance(node, ast.Attribute) and re.fullmatch(r"[\w.]+", ast.unparse(node)):
        module, _, attribute = ast.unparse(node).rpartition(".")
        return f"{module}:{attribute}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        name = _data(node.func, text, importing)
        names = [item.name for item in fields(_kind(name, importing))]
        if len(node.args) > len(names):
            raise InputError(f"{name} takes at most {len(names)} arguments ({', '.join(names)}); got {len(node.args)}")
        given = dict(zip(names, (_data(item, text, importing) for item in node.args), strict=False))
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in given:
                raise InputError(f"cannot read the regime '{text}': {name} is given {keyword.arg or '**'} twice; give it once")
            given[keyword.arg] = _data(keyword.value, text, importing)
        return {"kind": name, **given}
    shown = cut(ast.unparse(node))
    if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr)):
        raise InputError(f"cannot read '{shown}' in the regime '{text}'; a region stands in quotes, as in where('shape == heart')")
    raise InputError(f"cannot read '{shown}' in the regime '{text}'; it takes words, numbers, lists and regimes as in pairs(k=2)")


def _fit(value: Any, hint: Any, where: str, importing: bool) -> Any:
    """`value` as what a field is declared to be, or `InputError`."""
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        errors = []
        for choice in typing.get_args(hint):
            try:
                return _fit(value, choice, where, importing)
            except InputError as error:
                errors.append(error)
        raise errors[0]
    if origin is Literal:
        if value not in typing.get_args(hint):
            raise unknown("value", value, map(str, typing.get_args(hint)), where)
        return value
    if origin is tuple:
        parts = typing.get_args(hint)
        if isinstance(value, str) and parts == (str, ...):
            value = [value]
        if not isinstance(value, list | tuple):
            several = parts[-1] is not Ellipsis
            made = f"a list of [{', '.join('…' for _ in parts)}], each in brackets of its own" if several else "a list"
            raise InputError(f"{where} is {made}; got {short(value)}")
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_fit(item, parts[0], where, importing) for item in value)
        if len(value) != len(parts):
            raise InputError(f"{where} is made of {len(parts)} values; got {short(value)}")
        return tuple(_fit(item, part, where, importing) for item, part in zip(value, parts, strict=True))
    if hint is Regime or hint in PARTS.values() or hint in REGIMES.values():
        named = {"kind": value} if isinstance(value, str) else value
        made = from_dict(named, importing=importing) if isinstance(named, Mapping) else value
        wanted = tuple(REGIMES.values()) if hint is Regime else hint
        if not isinstance(made, wanted) and not (hint is Regime and callable(getattr(made, "draw", None))):
            raise InputError(f"{where} is {'a regime' if hint is Regime else 'a ' + NAMES[hint]}; got {short(value)}")
        return made
    if hint is Region:
        return value if isinstance(value, Region) else parse(_fit(value, str, where, importing))
    if hint is type(None):
        if value is None:
            return None
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif hint is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    raise InputError(f"{where} is {words.get(hint, str(hint))}; got {short(value)}")
