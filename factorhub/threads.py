"""How many threads work is given."""

from __future__ import annotations

import os


def cores() -> int:
    """The cores that this process may use: those of its batch job or container, where that says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
