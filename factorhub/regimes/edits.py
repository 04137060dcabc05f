"""Named edits of scenes: both scenes, of which one object was moved, removed, recoloured, resized or cloned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import Field
from factorhub.regimes.pairs import ATTEMPTS, Paired, Proposal
from factorhub.regimes.regime import Draw, Regime, again, choice, differs, distinct, remembered
from factorhub.regimes.uniform import UNIFORM
from factorhub.space import FactorSpace

EDITS: Mapping[str, tuple[str, ...]] = {  # what each redraws of its object
    "move": ("cell", "posX", "posY", "posZ"),
    "recolour": ("red", "green", "blue", "hue", "saturation", "value", "color"),
    "resize": ("scale",),
    "remove": (),
    "clone": ("cell", "posX", "posY", "posZ"),
}
KINDS = tuple(EDITS)
IN_TURN, BY_NUMBER = "placed_in_turn", "placed_by_number"  # groups of factors whose meaning hangs on other objects, on the number


class Objects(NamedTuple):
    """The factors of a scene's objects: positions (objects, m), names (m,), and the position of the count, -1 without one."""

    columns: Array
    names: tuple[str, ...]
    counter: int


def objects_of(base: FactorSpace) -> Objects:
    """The objects of a space, whose factors are called shape_1, posX_1, shape_2, …; the first `count` of them are present.

    Raises:
        InputError: the space has no numbered objects with the same factors each.
    """
    matches = [(re.fullmatch(r"(.+)_(\d+)", name), j) for j, name in enumerate(base.names)]
    by = {(match[1], int(match[2])): j for match, j in matches if match}
    names = tuple(name for name, number in by if number == 1)
    most = max((number for _, number in by), default=0)
    if not names or len(by) != len(names) * most:
        raise InputError(
            f"edits are of scenes with objects, whose factors are shape_1, posX_1, shape_2, …; got {', '.join(base.names)}"
        )
    columns = np.array([[by[name, number] for name in names] for number in range(1, most + 1)])
    return Objects(columns, names, base.index("count") if "count" in base else -1)


@dataclass(frozen=True)
class Edits(Paired):
    """A scene and the same scene after one edit of one object; all else stays. `where(region, edits)` holds both to a region.

    `edit` is recorded for each row, `before` the object's number in the first scene (0 for what is cloned into being) and
    `after` that in the second (0 for what is removed). `factorhub.dsprites_like.objects.may_change` gives the pixels. Where
    objects are placed one after another, only the last one can be moved, resized, removed or cloned without moving others, and
    where places go by an object's number only the last one can be removed: then only these are.

    Attributes:
        edits: which of move, recolour, resize, remove and clone; by default all that the scene allows.
        inner: where first scenes come from.
    """

    stream: ClassVar[str] = "edits"

    edits: tuple[str, ...] = ()
    inner: Regime = UNIFORM

    def __post_init__(self) -> None:
        object.__setattr__(self, "edits", tuple(self.edits))
        for name in self.edits:
            choice("edit", name, KINDS, "edits")

    @remembered
    def extras(self, base: FactorSpace) -> tuple[Field, ...]:
        """What pairs record, and before it the edit and the object's numbers."""
        inner, changes = self.inner.extras(base), super().extras(base)[-2:]
        taken = [item.name for item in inner]
        about = (
            Field(distinct("edit", taken), "uint8", (), (), description="what was done", meta={"labels": list(KINDS)}),
            Field(distinct("before", taken), "uint8", (), (), description="the object's number in the first scene, 0 for none"),
            Field(distinct("after", taken), "uint8", (), (), description="the object's number in the second scene, 0 for none"),
        )
        return (*inner, *about, *changes)

    def support(self, base: FactorSpace) -> None:
        """The whole space: an edit may lead out of the region of first scenes, as the removal of one of two objects does."""

    @remembered
    def possible(self, base: FactorSpace) -> tuple[str, ...]:
        """The edits that the scene allows, of those asked for.

        Raises:
            InputError: one that is asked for is impossible here.
        """
        scene = objects_of(base)
        counts = scene.counter >= 0 and (base.factors[scene.counter].size or 0) > 1
        able = [
            kind
            for kind in KINDS
            if (set(EDITS[kind]) & set(scene.names) or kind == "remove") and (counts or kind not in ("remove", "clone"))
        ]
        for kind in self.edits:
            if kind not in able:
                raise InputError(f"this scene's objects cannot be edited by '{kind}'; it allows {', '.join(able) or 'none'}")
        return tuple(kind for kind in able if kind in (self.edits or able))

    def propose(self, base: FactorSpace, seed: int, rows: Array, attempt: int, stream: str, first: Array) -> Proposal:
        """One edit of one object of each scene."""
        if first.ndim != 2:
            raise InputError("edits are of single scenes; put them inside pairs or sequences, or take another inner regime")
        scene, kinds, n = objects_of(base), self.possible(base), len(rows)
        most = len(scene.columns)
        numbers = np.asarray(rows, dtype=np.int64) * ATTEMPTS + attempt
        u = randomness.uniforms(seed, f"{stream}/which", numbers, 2)
        count = np.full(n, most) if scene.counter < 0 else np.rint(first[:, scene.counter]).astype(np.int64)
        low = most if scene.counter < 0 else int(base.factors[scene.counter].table[0])
        able = np.stack([count > low if kind == "remove" else count < most if kind == "clone" else count > 0 for kind in kinds], 1)
        if not able.any(axis=1).all():
            row = int(np.flatnonzero(~able.any(axis=1))[0])
            asked, fewer = " and ".join(kinds), f"count {'>' if 'remove' in kinds else '<'} {count[row]}"
            raise InputError(
                f"row {rows[row]} has {count[row]} objects, which {asked} cannot change; restrict the scenes: "
                f"edits(edits=[…], inner=where('{fewer}'))"
            )
        rank = (u[:, 0] * able.sum(axis=1)).astype(np.int64)
        kind = (np.cumsum(able, axis=1) > rank[:, None]).argmax(axis=1)
        fresh = again(self.inner, base, seed, rows, attempt, ATTEMPTS, f"{stream}/source").values
        second = first.copy()
        for code, name in enumerate(kinds):
            chosen = np.flatnonzero((kind == code) & able.any(axis=1))
            here = count[chosen]
            target = here - 1 if self.last(base, name) else (u[chosen, 1] * here).astype(np.int64)
            second[chosen] = edited(scene, name, first[chosen], fresh[chosen], here, target)
        changed = differs(first, second)
        return Proposal(second, changed, changed, np.asarray(changed.any(axis=1)))

    def last(self, base: FactorSpace, kind: str) -> bool:
        """True where only the last object can be edited so without a change of others."""
        return (kind != "recolour" and IN_TURN in base.groups) or (kind == "remove" and BY_NUMBER in base.groups)

    def extend(self, base: FactorSpace, seed: int, rows: Array, stream: str, begun: Draw) -> Draw:
        """The pairs, and what was done to which object, which they show."""
        made = super().extend(base, seed, rows, stream, begun)
        first, second = made.values[:, 0], made.values[:, 1]
        scene = objects_of(base)
        differ = (first[:, scene.columns] != second[:, scene.columns]).any(axis=-1)  # (n, objects)
        step = np.zeros(len(rows)) if scene.counter < 0 else second[:, scene.counter] - first[:, scene.counter]
        count = np.full(len(rows), len(scene.columns)) if scene.counter < 0 else np.rint(first[:, scene.counter])
        number = np.where(differ.any(axis=1), differ.argmax(axis=1) + 1, count)
        place = {name: m for m, name in enumerate(scene.names)}
        kind = np.select([step < 0, step > 0], [KINDS.index("remove"), KINDS.index("clone")], -1)
        for code, name in enumerate(KINDS[:3]):
            at = scene.columns[:, [place[item] for item in EDITS[name] if item in place]]
            moved = (first[:, at] != second[:, at]).any(axis=(1, 2))
            kind = np.where((kind < 0) & moved, code, kind)
        before, after = (
            np.where(step > 0, 0, np.minimum(number, count)),
            np.where(step < 0, 0, np.where(step > 0, count + 1, number)),
        )
        names = [item.name for item in self.extras(base)[-5:-2]]
        about = {name: array.astype(np.uint8) for name, array in zip(names, (kind, before, after), strict=True)}
        changes = {item.name: made.extras[item.name] for item in self.extras(base)[-2:]}
        kept = {name: array for name, array in made.extras.items() if name not in changes}
        return replace(made, extras={**kept, **about, **changes})


def edited(scene: Objects, kind: str, first: Array, fresh: Array, count: Array, target: Array) -> Array:
    """Scenes (n, k) after an edit of the object numbered `target` (n,) from 0 of `count` (n,); new values are those of `fresh`."""
    second, rows = first.copy(), np.arange(len(first))
    redrawn = [m for m, name in enumerate(scene.names) if name in EDITS[kind]]
    if kind == "remove":
        for number in range(len(scene.columns) - 1):  # those behind it move up; the last one is present no more
            moves = (number >= target) & (number < count - 1)
            second[np.ix_(moves, scene.columns[number])] = first[np.ix_(moves, scene.columns[number + 1])]
        second[:, scene.counter] = count - 1
        return second
    if kind == "clone":
        new = scene.columns[count]
        second[rows[:, None], new] = first[rows[:, None], scene.columns[target]]
        second[rows[:, None], new[:, redrawn]] = fresh[rows[:, None], new[:, redrawn]]
        second[:, scene.counter] = count + 1
        return second
    at = scene.columns[target][:, redrawn]
    second[rows[:, None], at] = fresh[rows[:, None], at]
    return second
