"""The formats a set can be exported to, one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from factorhub.errors import InputError, cut, unknown
from factorhub.exchange.table import Table
from factorhub.named import imported
from factorhub.paths import local_path
from factorhub.progress import Progress, silent
from factorhub.source import Labelled, check_source

Write: TypeAlias = Callable[[Table, Path, Progress], None]


@dataclass(frozen=True)
class Format:
    """One way to write a set for other people's code.

    Attributes:
        name: what it is asked for by.
        ending: of its files.
        summary: one line of what it is and who reads it.
        target: `module:function` of the writer, imported when it is used.
    """

    name: str
    ending: str
    summary: str
    target: str

    @property
    def write(self) -> Write:
        """The writer: it takes a table, a path, and what to tell of the rows done."""
        found = imported("format", self.target)
        if not callable(found):
            raise InputError(f"format '{cut(self.target)}' is no function; name one that writes (table, path, progress)")
        return found  # type: ignore[no-any-return]


FORMATS = (
    Format(
        "npz",
        ".npz",
        "the published layout of dSprites (any pictures on a grid) or of dMelodies; np.load",
        "factorhub.exchange.npz:write",
    ),
    Format(
        "hdf5",
        ".hdf5",
        "dSprites' HDF5: imgs, latents/classes, latents/values; any pictures on a grid",
        "factorhub.exchange.hdf5:write_dsprites",
    ),
    Format("shapes3d", ".h5", "3D Shapes' HDF5: images, labels; any pictures", "factorhub.exchange.hdf5:write_shapes3d"),
    Format(
        "objects",
        ".hdf5",
        "object-centric HDF5: image, mask, visibility, features; multi-object sets",
        "factorhub.exchange.scenes:write",
    ),
    Format(
        "parquet",
        ".parquet",
        "PNG pictures, WAV sounds and ClassLabel factors for Hugging Face datasets; any set",
        "factorhub.exchange.parquet:write",
    ),
    Format(
        "webdataset",
        ".tar",
        "a tar of PNG and JSON files for webdataset and Hugging Face; any set",
        "factorhub.exchange.webdataset:write",
    ),
    Format("midi", ".zip", "MIDI files of melodies, zipped (.mid for a single one)", "factorhub.exchange.tunes:write_midi"),
    Format(
        "musicxml",
        ".zip",
        "MusicXML files of melodies, zipped (.musicxml for a single one)",
        "factorhub.exchange.tunes:write_musicxml",
    ),
    Format(
        "wav",
        ".zip",
        "WAV files of sounds and a table of their factors, zipped (.wav for a single one)",
        "factorhub.exchange.wav:write",
    ),
)


def formats() -> dict[str, Format]:
    """All formats by name."""
    return {known.name: known for known in FORMATS}


def export(source: Labelled, to: str, out: str | Path, *, title: str = "factorhub set", progress: Progress = silent) -> Path:
    """Write a set, or a generator under a regime, to the file `out` in one of the `formats`.

    The file appears under its name when it is whole. Memory stays bounded, whatever the number of rows.

    Args:
        source: the rows, such as what `factorhub.open` returns.
        to: the name of a format, or `package.module:function` of your own writer; see docs/add-a-format.md.
        out: the file; replaced if it exists.
        title: for the formats that have a place for one.
        progress: called with the number of rows just written.

    Raises:
        InputError: an unknown format, one that cannot hold this set, or a path that cannot be a file.
        StoreError: the disk is full or read-only, or a shard of the set is damaged.

    >>> import factorhub, tempfile, numpy as np
    >>> folder = tempfile.mkdtemp()
    >>> rows = factorhub.generate("dsprites", folder + "/set", rows=50)
    >>> file = export(rows, "npz", folder + "/dsprites.npz")
    >>> np.load(file)["imgs"].shape
    (50, 64, 64)
    """
    check_source("export writes", source)
    known = formats()
    chosen = Format(to, "", "", to) if ":" in to else known.get(to)
    if chosen is None:
        raise unknown("format", to, known)
    write = chosen.write
    if not len(source):
        raise InputError("there are no rows to export; choose a split or a subset that has some")
    path = local_path("export", out, "a file")
    write(Table(source, title), path, progress)
    return path
