"""What all figures share: sizes of venues, fonts that stay text, pictures that are not resampled, files that do not change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from factorhub.errors import InputError, unknown

WIDTHS = {"neurips": 5.5, "iclr": 5.5, "icml": 3.25, "icml-wide": 6.75}  # inches of text, by the venues' templates
COLORS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#000000")  # Okabe and Ito's
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # beside colours, since nothing is told by colour alone
FORMATS = ("pdf", "svg", "png")
SETTINGS: Any = {
    "pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "factorhub", "font.size": 8, "axes.titlesize": 8,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6, "legend.frameon": False,
    "image.interpolation": "none", "savefig.dpi": 300,
}  # fmt: skip


def pyplot_free() -> Any:
    """matplotlib's Figure, without pyplot, so that no window and no global state is made.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("figures are drawn by matplotlib, which is not installed; pip install 'factorhub[plots]'") from None
    return Figure


@contextmanager
def style() -> Iterator[None]:
    """The settings of figures, for the time of a `with`: yours are as before afterwards."""
    pyplot_free()
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        yield


def inches(width: str | float) -> float:
    """A width in inches, given as such or as a venue's."""
    if isinstance(width, str):
        if width not in WIDTHS:
            raise unknown("width", width, WIDTHS)
        return WIDTHS[width]
    return float(width)


def axes(ax: Any, width: str | float, height: float) -> Any:
    """The axes to draw on: those given, or new ones of a new figure of this size [inches]."""
    if ax is not None:
        return ax
    figure = pyplot_free()(figsize=(inches(width), height), layout="constrained")
    return figure.add_subplot()


def laid_out(drawn: Any, ax: Any) -> Any:
    """The figure of the axes. One of our own is laid out once and for all, so that however often it is drawn it stays the same."""
    if ax is None:
        drawn.figure.draw_without_rendering()
        drawn.figure.set_layout_engine("none")
    return drawn.figure


def save(figure: Any, path: str | Path) -> None:
    """Write a figure as PDF, SVG or PNG, by the name's end; the same figure gives the same bytes.

    Raises:
        InputError: another ending, or a folder that is not there.
    """
    file = Path(path)
    kind = file.suffix[1:].lower()
    if kind not in FORMATS:
        raise InputError(f"a figure is written as .{', .'.join(FORMATS)}; got '{file.name}'; name the file so")
    if not file.parent.is_dir():
        raise InputError(f"there is no folder {file.parent} to write {file.name} into; make it first")
    about = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}[kind]
    with style():
        figure.savefig(file, format=kind, metadata=about)
