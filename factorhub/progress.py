"""Progress of long work: a callable that is told how many rows were just finished."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO, TypeAlias

from factorhub.printable import printable

Progress: TypeAlias = Callable[[int], object]


def silent(rows: int) -> None:
    """Report nothing."""
    del rows


class Bar:
    """A line on a terminal: share, rows per second, time left. Writes nothing where the stream is not a terminal."""

    def __init__(self, total: int, label: str, stream: TextIO | None = None) -> None:
        self.total, self.label = total, printable(label)
        self.done = 0
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._began = self._shown = time.monotonic()

    def __call__(self, rows: int) -> None:
        """Note that `rows` more are finished."""
        self.done += rows
        now = time.monotonic()
        if self._live and (now - self._shown > 0.1 or self.done >= self.total):
            self._shown = now
            rate = self.done / max(now - self._began, 1e-9)
            left = (self.total - self.done) / max(rate, 1e-9)
            share = self.done / max(self.total, 1)
            bar = "█" * int(24 * share) + "·" * (24 - int(24 * share))
            line = f"\r{self.label} {bar} {share:4.0%} {self.done:,}/{self.total:,} rows, {rate:,.0f}/s, {left:.0f} s left"
            self._stream.write(line + "\x1b[K")
            self._stream.flush()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
