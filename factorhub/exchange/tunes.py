"""MIDI and MusicXML: a zip of files, or one file for a set of one melody."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy.typing as npt

from factorhub.dmelodies import score
from factorhub.errors import InputError
from factorhub.exchange.npy import EPOCH
from factorhub.exchange.output import replacing
from factorhub.exchange.table import Table
from factorhub.progress import Progress


def write_midi(table: Table, path: Path, progress: Progress) -> None:
    """Each melody as `ROW.mid`, zipped where `path` ends in .zip."""
    _write(table, path, progress, "midi", "mid", score.midi)


def write_musicxml(table: Table, path: Path, progress: Progress) -> None:
    """Each melody as `ROW.musicxml`, zipped where `path` ends in .zip."""
    _write(table, path, progress, "musicxml", "musicxml", score.musicxml)


def _write(
    table: Table, path: Path, progress: Progress, format: str, ending: str, encode: Callable[[npt.ArrayLike], bytes]
) -> None:
    tokens = table.columns.get("tokens")
    if tokens is None or tokens.shape != (16,):
        had = ", ".join(f"{column.name} {column.shape}" for column in table.source.columns if column.role == "observation")
        raise InputError(f"format {format} writes melodies, tokens (16,) a row; this set has {had}; try parquet")
    if path.suffix != ".zip" and len(table) > 1:
        raise InputError(f"{len(table)} melodies go into a zip, not into {path.name}; name it {path.stem}.zip, or export one row")
    with replacing(path) as temporary:
        if path.suffix != ".zip":
            temporary.write_bytes(encode(table.source.read([0], ["tokens"])["tokens"][0]))
            return
        with zipfile.ZipFile(temporary, "w") as archive:
            for batch in table.ordered(["index", "tokens"], path.parent):
                for row, melody in zip(batch["index"].tolist(), batch["tokens"], strict=True):
                    member = zipfile.ZipInfo(f"{row:07d}.{ending}", EPOCH)
                    member.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(member, encode(melody))
                progress(len(batch["index"]))
