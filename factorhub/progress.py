"""Progress of long work: a callable that is told how many rows were just finished."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, TypeAlias

from factorhub.printable import printable

Progress: TypeAlias = Callable[[int], object]


def silent(rows: int) -> None:
    """Report nothing."""
    del rows


EVERY = 30.0  # seconds between lines where the stream is no terminal, such as a log or a notebook
SOON = 0.2  # seconds before the first frame: a rate over less is a guess


class Bar:
    """Share, rows per second and time left: one line that moves on a terminal, a plain line every half a minute elsewhere.

    Args:
        total: rows in all.
        label: of what.
        stream: to write to; stderr by default.
        ending: write a last line off a terminal too, for people who asked for progress in a notebook or a script.
    """

    def __init__(self, total: int, label: str, stream: TextIO | None = None, *, ending: bool = False) -> None:
        self.total, self.label = total, printable(label)
        self.done = 0
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._fine = (getattr(self._stream, "encoding", None) or "ascii").lower().startswith("utf")
        self._ending = ending
        self._began = self._shown = time.monotonic()

    def __call__(self, rows: int) -> None:
        """Note that `rows` more are finished."""
        self.done += rows
        now = time.monotonic()
        if self._live:
            if self.done >= self.total or (now - self._shown > 0.1 and now - self._began > SOON):
                self._shown = now
                share = self.done / max(self.total, 1)
                full, rest = "█·" if self._fine else "#."
                bar = full * int(24 * share) + rest * (24 - int(24 * share))
                self._write(f"\r{self.label} {bar} {self._text(now)}\x1b[K")
        elif now - self._shown > EVERY or (self._ending and self.done >= self.total):
            self._shown = now
            self._write(f"{self.label} {self._text(now)}\n")

    def _text(self, now: float) -> str:
        """How far it is, and what is left as the rate so far says; nothing is said of a rate of nothing."""
        done, seconds = self.done, now - self._began
        text = f"{done / max(self.total, 1):4.0%} {done:,}/{self.total:,} rows"
        if done == 0 or seconds <= 0:
            return text
        return f"{text}, {done / seconds:,.0f}/s, {_duration((self.total - done) * seconds / done)} left"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._write("\r\x1b[K")


@contextmanager
def shown(progress: Progress | bool, total: int, label: str) -> Iterator[Progress]:
    """What to tell of finished rows: the caller's function; a `Bar` on stderr for True; nothing for False."""
    if callable(progress):
        yield progress
    elif progress:
        with Bar(total, label, ending=True) as bar:
            yield bar
    else:
        yield silent


def _duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> _duration(4.2), _duration(190), _duration(8000)
    ('4 s', '3 min 10 s', '2 h 13 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
