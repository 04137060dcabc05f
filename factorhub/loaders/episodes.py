"""N-way K-shot episodes: few rows of few classes to learn from, and others of the same classes to be asked about.

An episode is a pure function of (seed, number): the same on every machine, and however many are drawn at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError, whole
from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.source import Labelled, check_source


class Episodes:
    """Episodes of a source of rows, whose classes are the values of a factor, or of several together.

    Episode i is a batch: the columns of `way * (shot + query)` rows, `label` (0 … way - 1, in an order of its own in each episode),
    `support` (True for the rows to learn from), and `row`. Rows of the support come first, class by class.

    Args:
        source: of single rows with codes of the factors: a set, or a recipe's source.
        way: how many classes.
        shot: rows of each to learn from.
        query: rows of each to be asked about.
        by: the factor, factors or groups of factors whose values are the classes.
        columns: to read; all by default.
        episodes: how many there are.
        seed: of the classes and rows.

    Raises:
        InputError: rows without codes of these factors, or fewer than `way` classes with enough rows.

    >>> import factorhub
    >>> rows = factorhub.recipe("turntable", rows=5000).source()
    >>> batch = Episodes(rows, way=5, shot=1, query=3, by=["category", "instance"], columns=["category", "instance"])[0]
    >>> batch["label"].tolist(), batch["support"].sum().item()
    ([0, 1, 2, 3, 4, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], 5)
    """

    def __init__(
        self, source: Labelled, *, way: int = 5, shot: int = 1, query: int = 15, by: str | Sequence[str],
        columns: Sequence[str] | None = None, episodes: int = 1000, seed: int = 0,
    ) -> None:  # fmt: skip
        check_source("episodes are of", source)
        self.source, self.columns = source, columns
        self.way, self.shot = whole("way", way, 2), whole("shot", shot, 1)
        self.query, self.episodes = whole("query", query, 0), whole("episodes", episodes, 1)
        self.seed = whole("a seed", seed, 0, randomness.SEEDS - 1)
        self.by = source.space.members([by] if isinstance(by, str) else by)
        coded = {column.name for column in source.columns if column.role == "factor" and not column.shape}
        for name in self.by:
            if name not in coded:
                raise InputError(f"classes of episodes are codes of single rows; {name} has none here; take rows drawn on the grid")
        if len(self.classes) < self.way:
            each = self.shot + self.query
            found = f"{len(self.classes)} with at least {each} rows"
            raise InputError(f"episodes of {self.way} classes by {', '.join(self.by)}; got {found}; lower way, shot or query")

    @cached_property
    def classes(self) -> list[Array]:
        """The rows of each class that has enough, in the order of the classes' codes."""
        codes = self.source.read(np.arange(len(self.source)), list(self.by))
        _, number = np.unique(np.stack([codes[name] for name in self.by], axis=1), axis=0, return_inverse=True)
        order = np.argsort(number.reshape(-1), kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(number.reshape(-1)))[:-1])
        return [part for part in parts if len(part) >= self.shot + self.query]

    def __len__(self) -> int:
        return self.episodes

    def __iter__(self) -> Iterator[Batch]:
        return (self[number] for number in range(self.episodes))

    def rows(self, number: int) -> Array:
        """The rows (way, shot + query) of an episode, class by class."""
        chosen = few(self.seed, "episodes/classes", np.array([number]), len(self.classes), self.way)[0]
        places = number * len(self.classes) + chosen
        each = self.shot + self.query
        return np.stack(
            [
                self.classes[which][few(self.seed, "episodes/rows", np.array([place]), len(self.classes[which]), each)[0]]
                for which, place in zip(chosen, places, strict=True)
            ]
        )

    def __getitem__(self, number: int) -> Batch:
        number = whole("an episode", number, 0, self.episodes - 1)
        rows = self.rows(number)
        labels = np.broadcast_to(np.arange(self.way)[:, None], rows.shape)
        parts = [np.concatenate([array[:, : self.shot].reshape(-1), array[:, self.shot :].reshape(-1)]) for array in (rows, labels)]
        support = np.arange(rows.size) < self.way * self.shot
        return {**self.source.read(parts[0], self.columns), "label": parts[1], "support": support, "row": parts[0]}


def few(seed: int, stream: str, numbers: Array, size: int, count: int) -> Array:
    """`count` different numbers (n, count) below `size`, in random order, for each of `numbers` (n,): Floyd's algorithm."""
    u = randomness.uniforms(seed, stream, numbers, 2 * count)
    found = np.empty((len(numbers), count), dtype=np.int64)
    for row, places in zip(found, u, strict=True):
        taken: set[int] = set()
        for i in range(count):
            last = size - count + i
            drawn = int(places[i] * (last + 1))
            row[i] = last if drawn in taken else drawn
            taken.add(int(row[i]))
        row[:] = row[np.argsort(places[count:], kind="stable")]
    return found
