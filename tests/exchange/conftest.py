from dataclasses import dataclass, replace

import numpy as np
import pytest

from factorhub import randomness
from factorhub.exchange import layouts as known
from factorhub.factors import Array, categorical, continuous, ordinal
from factorhub.fields import Field
from factorhub.source import Column, columns_of, row_numbers, select
from factorhub.space import FactorSpace
from tests.exchange.published_files import tiny


@dataclass
class InMemory:
    """A labelled source of arrays, in whatever order they are given."""

    space: FactorSpace
    columns: tuple[Column, ...]
    arrays: dict[str, Array]

    def __len__(self):
        return len(self.arrays["index"])

    def read(self, rows, columns=None):
        numbers = row_numbers(rows, len(self))
        return {column.name: self.arrays[column.name][numbers] for column in select(self.columns, columns)}


@pytest.fixture(scope="session")
def scenes():
    """300 scenes of up to two squares, in the fields that multi-object generators have, in permuted order."""
    space = FactorSpace((ordinal("count", [0, 1, 2]), continuous("x", 0.0, 10.0, grid=11), ordinal("seed", range(2**32))))
    fields = (
        Field("image", "uint8", (12, 12, 3), ("y", "x", "channel")),
        Field("mask", "uint8", (12, 12), ("y", "x"), meta={"instances": 2}),
        Field(
            "objects", "float64", (2, 7), ("object", "component"),
            meta={
                "components": ["present", "shape", "posX", "scale", "red", "green", "blue"],
                "labels": {"shape": ["square", "heart", "disc"]},
            },
        ),
    )  # fmt: skip
    n = 300
    draws = randomness.uniforms(7, "scenes", np.arange(n), 12)
    present = (np.arange(2) < (np.arange(n) % 3)[:, None]).astype(float)
    table = np.stack([np.ones((n, 2)), np.floor(3 * draws[:, :2]), np.floor(10 * draws[:, 2:4]), draws[:, 4:6]], axis=-1)
    table = np.concatenate([table, draws[:, 6:].reshape(n, 2, 3)], axis=-1)
    table *= present[..., None]
    mask = np.zeros((n, 12, 12), np.uint8)
    for row in range(n):
        for thing in range(2):
            if present[row, thing]:
                mask[row, 3 + 4 * thing : 5 + 4 * thing, int(table[row, thing, 2]) :][:, :2] = thing + 1
    image = np.array([(20, 20, 20), (255, 0, 0), (0, 90, 255)], np.uint8)[mask]
    arrays = {
        "index": np.random.default_rng(3).permutation(n),
        "count": (np.arange(n) % 3).astype(np.uint8),
        "x": np.full(n, 4, np.uint8),
        "seed": np.arange(n),
        "x_value": np.full(n, 4.0),
        "image": image,
        "mask": mask,
        "objects": table,
    }
    return InMemory(space, columns_of(space, fields), arrays)


@pytest.fixture(scope="session")
def pairs():
    """40 pairs of grey pictures with one categorical and one gridless factor, and a record of what changed."""
    space = FactorSpace((categorical("kind", ["a", "b"]), continuous("x", 0.0, 1.0)))
    image = Field("image", "uint8", (4, 6), ("y", "x"))
    changed = Field("changed", "bool", (2,), ("factor",))
    columns = columns_of(space, [image], (("pair", 2),), [changed])
    n = 40
    arrays = {
        "index": np.arange(n),
        "kind": (np.arange(2 * n).reshape(n, 2) % 2).astype(np.uint8),
        "x_value": np.linspace(0, 1, 2 * n).reshape(n, 2),
        "changed": np.arange(2 * n).reshape(n, 2) % 3 == 0,
        "image": np.arange(n * 48, dtype=np.uint8).reshape(n, 2, 4, 6),
    }
    return InMemory(space, columns, arrays)


@pytest.fixture
def small(monkeypatch):
    """The known layouts with 24 rows each, and the arrays to fill them."""
    kept = ("dsprites", "shapes3d", "mpi3d")
    layouts = tuple(replace(layout, space=tiny) for layout in known.layouts() if layout.name in kept)
    monkeypatch.setattr("factorhub.exchange.published.layouts", lambda: layouts)
    rng = np.random.default_rng(0)
    codes = tiny().codes(np.arange(24))
    values = tiny().values(codes)
    return {
        "imgs": rng.integers(0, 2, (24, 64, 64), dtype=np.uint8),
        "latents_classes": codes,
        "latents_values": values + np.array([1, 1, 0]),
        "images": rng.integers(0, 256, (24, 64, 64, 3), dtype=np.uint8),
        "labels": values,
    }
