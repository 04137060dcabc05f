"""factorhub: benchmark datasets with known factors of variation, generated instead of downloaded.

A `Generator` is a space of ground-truth factors and a pure function that renders them. A regime chooses which factor
vectors to render. `generate` writes them as sharded HDF5, `open` reads such a set, and `factorhub.loaders` streams it.
"""

from factorhub.build import generate, open, recipe, repair
from factorhub.catalog import generator
from factorhub.catalog import names as generators
from factorhub.storage.verify import verify

__all__ = ["generate", "generator", "generators", "open", "recipe", "repair", "verify"]
__version__ = "0.1.0"
