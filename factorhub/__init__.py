"""factorhub: benchmark datasets with known factors of variation, generated instead of downloaded.

A `Generator` is a space of ground-truth factors and a pure function that renders them. A regime chooses which factor
vectors to render. `generate` writes them as sharded HDF5, `open` reads such a set, and `factorhub.loaders` streams it.

    generators()              the names of all generators
    generator(name, **opts)   one of them: factors, fields, render
    recipe(name, …)           all that rows depend on: generator, regime, seed, splits
    generate(name, out, …)    write a set into a folder, or finish one
    open(path, split)         read it: rows, columns, lookup, where, nearest, counterfactual
    stream(name, regime, …)   batches rendered as they are asked for, without a disk
    verify(path)              compare every stored value with its digest
    repair(path)              make damaged shards again
    read_factors(tokens, …)   factors of melodies, sentences and captions that a model wrote
    show(batch, of)           rows as a notebook shows them
    evaluate(encode, set, …)  judge a model, its scores beside those of codes of known kinds

Further: `factorhub.loaders` (torch, jax, grain, huggingface), `regimes`, `regions`, `exchange`, `adapters`,
`metrics`, `evaluation`.
"""

import os
import sys

# `python -m factorhub` looks for every module first in the folder it stands in, which may be a stranger's set: not there,
# unless factorhub itself lies there; code that is named on the command line is found there last (see `factorhub.commands.shell`)
if sys.argv[:1] == ["-m"] and sys.path[:1] != [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]:
    del sys.path[:1]

import importlib
from typing import TYPE_CHECKING, Any

from factorhub.catalog import generator
from factorhub.catalog import names as generators
from factorhub.moved import install as _find_by_old_names

_find_by_old_names()

if TYPE_CHECKING:
    from factorhub.build import generate, open, repair
    from factorhub.build.recipes import recipe
    from factorhub.build.streams import stream
    from factorhub.evaluation import evaluate
    from factorhub.readers import read_factors
    from factorhub.showing import show
    from factorhub.storage.verify import verify

__all__ = [
    "evaluate",
    "generate",
    "generator",
    "generators",
    "open",
    "read_factors",
    "recipe",
    "repair",
    "show",
    "stream",
    "verify",
]
__version__ = "0.1.0"

# imported when first asked for, so that rendering alone never loads HDF5
_LATER = {
    "evaluate": "factorhub.evaluation",
    "generate": "factorhub.build",
    "open": "factorhub.build",
    "read_factors": "factorhub.readers",
    "recipe": "factorhub.build.recipes",
    "repair": "factorhub.build",
    "show": "factorhub.showing",
    "stream": "factorhub.build.streams",
    "verify": "factorhub.storage.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'factorhub' has no attribute '{name}'; it has {', '.join(__all__)}")
    found = getattr(importlib.import_module(_LATER[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "importlib", "os", "sys", "_LATER"})
