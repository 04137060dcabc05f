"""What the command line says about itself, and where it finds code that is named on it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from itertools import pairwise

ORDER = (
    "list",
    "info",
    "presets",
    "generate",
    "verify",
    "repair",
    "preview",
    "explore",
    "lookup",
    "read",
    "export",
    "import",
    "metrics",
    "evaluate",
    "leaderboard",
    "warm",
)  # of use
EXAMPLES = """Begin with:

\b
  factorhub generate dsprites --out data/dsprites --rows 50000 --splits train=0.8,test=0.2
  factorhub lookup data/dsprites shape=heart scale=1 --split test
  factorhub preview data/dsprites --out dsprites.png
"""
GENERATOR = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")  # package.module:function
CLASS = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]")  # package.module.Class in the text of a regime


def look_here(words: Sequence[str]) -> None:
    """Where code is named on the command line, a generator as `module:function` or a regime as `module.Class`, find it here too.

    The current folder comes after all that is installed, so that no file of it takes the place of another module.
    """
    regimes = [text for option, text in pairwise(words) if option in ("--regime", "--splits")]
    named = any(map(GENERATOR.fullmatch, words)) or any(map(CLASS.search, regimes))
    if not named:
        return
    try:
        here = os.getcwd()
    except OSError:  # the folder it stands in was removed: nothing can be found there
        return
    if here not in sys.path:
        sys.path.append(here)


def shards(count: int) -> str:
    """So many shards, in words."""
    return "1 shard" if count == 1 else f"{count:,} shards"
