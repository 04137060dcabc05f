"""factorhub: benchmark datasets with known factors of variation, generated instead of downloaded.

A `Generator` is a space of ground-truth factors and a pure function that renders them. A regime chooses which factor
vectors to render. `generate` writes them as sharded HDF5, `open` reads such a set, and `factorhub.loaders` streams it.
"""

from factorhub.catalog import generator

__all__ = ["generator"]
__version__ = "0.1.0"
