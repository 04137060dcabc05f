"""Formulas: how a factor follows from others, as data, so that anyone can replay a causal model or intervene on it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from factorhub.errors import InputError, cut, must_be, reading, unknown
from factorhub.factors import Array
from factorhub.numerics.angles import sines


def _tangent(angles: npt.ArrayLike) -> Array:
    sine, cosine = sines(angles)
    return np.asarray(sine / cosine)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "sin": lambda angles: sines(angles)[0], "cos": lambda angles: sines(angles)[1], "tan": _tangent,
    "sqrt": np.sqrt, "abs": np.abs, "min": np.minimum, "max": np.maximum,
}  # fmt: skip
ARGUMENTS = {"min": 2, "max": 2}  # the others take one
ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Load)


@dataclass(frozen=True)
class Formula:
    """How one factor follows from its parents, without noise.

    The text is arithmetic (+ - * /) on factors, numbers and sin, cos, tan, sqrt, abs, min, max, written as in Python.
    It goes into manifests as it is, and gives the same bits on every machine.

    >>> area = Formula("area", "width * max(height, 1)")
    >>> area.parents, area({"width": 3.0, "height": [0.5, 2.0]}).tolist()
    (('width', 'height'), [3.0, 6.0])
    """

    factor: str
    text: str

    def __post_init__(self) -> None:
        self._read()

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The factors it depends on, in the order in which the text names them."""
        return self._read()[0]

    def __call__(self, values: Mapping[str, npt.ArrayLike]) -> Array:
        """The factor's values (…), float64, at its parents' values (…)."""
        for name in self.parents:
            if name not in values:
                raise unknown("factor", name, values, f"what {self.factor} = {self.text} is computed from")
        known: dict[str, Any] = {name: np.asarray(values[name], np.float64) for name in self.parents}
        with reading(f"the formula of {self.factor}", self.text):
            return np.asarray(eval(self._code, {"__builtins__": {}, **FUNCTIONS}, known), np.float64)

    @cached_property
    def _code(self) -> Any:
        return self._read()[1]

    def _read(self) -> tuple[tuple[str, ...], Any]:
        """The parents and the code of the text, which may hold arithmetic and nothing else."""
        must_be(f"the formula of {self.factor}", self.text, str, "a text such as '2 * scale'")
        with reading(f"the formula of {self.factor}", self.text):
            try:
                tree = ast.parse(self.text, mode="eval")
            except SyntaxError:
                raise self._refused(None) from None
            nodes = list(ast.walk(tree.body))
            calls = [node for node in nodes if isinstance(node, ast.Call)]
            called = [call.func for call in calls]
            for call in calls:
                if call.keywords or len(call.args) != ARGUMENTS.get(ast.unparse(call.func), 1):
                    raise self._refused(call)
            for node in nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
                    node.value = float(node.value)  # so that no product of whole numbers grows without end
                elif not (
                    isinstance(node, (*ARITHMETIC, ast.Call))
                    or (isinstance(node, ast.Name) and (node.id in FUNCTIONS) == (node in called))
                ):
                    raise self._refused(node)
            names = [node for node in nodes if isinstance(node, ast.Name) and node.id not in FUNCTIONS]
            names.sort(key=lambda node: node.col_offset)
            return tuple(dict.fromkeys(node.id for node in names)), compile(tree, "<formula>", "eval")

    def _refused(self, part: ast.AST | None) -> InputError:
        allowed = f"the formula of {self.factor} is arithmetic (+ - * /) on factors, numbers and {', '.join(FUNCTIONS)}"
        return InputError(f"{allowed}; got '{cut(self.text)}'" + (f", which has '{cut(ast.unparse(part))}'" if part else ""))

    def to_dict(self) -> dict[str, Any]:
        """This formula as JSON data; `Formula.from_dict` gives back an equal one."""
        return {"factor": self.factor, "parents": list(self.parents), "formula": self.text}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Formula:
        """The formula that `to_dict` described."""
        return cls(data["factor"], data["formula"])


def follow(formulas: Iterable[Formula], values: Mapping[str, npt.ArrayLike]) -> dict[str, Array]:
    """All factors of a causal model, from those that are given: what the world does, and what an intervention changes.

    Args:
        formulas: parents before children.
        values: the free causes, (…) each. A factor with a formula that is given here is intervened on: it keeps its
            value whatever its parents are, and its own children follow it.

    >>> graph = (Formula("height", "3 * seed"), Formula("shadow", "height / 2"))
    >>> float(follow(graph, {"seed": 2})["shadow"]), float(follow(graph, {"seed": 2, "height": 1})["shadow"])
    (3.0, 0.5)
    """
    known = {name: np.asarray(value, np.float64) for name, value in values.items()}
    for formula in formulas:
        if formula.factor not in known:
            known[formula.factor] = formula(known)
    return known
