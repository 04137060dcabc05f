"""WAV: each clip a file of its own, and a table of the factors, as Hugging Face's `audiofolder` and sound editors take them."""

from __future__ import annotations

import csv
import io
import wave
import zipfile
from pathlib import Path

import numpy as np

from factorhub.errors import InputError
from factorhub.exchange.npy import EPOCH
from factorhub.exchange.output import replacing
from factorhub.exchange.table import Table
from factorhub.factors import Array
from factorhub.progress import Progress
from factorhub.source import VALUE, Column

LARGEST = (1 << 23) - 1  # of a sample of 24 bits, which keep all of float32 that is above -138 dB


def encode(clip: Array, rate: int) -> bytes:
    """One clip (samples,) in [-1, 1] as a WAV file of one channel and 24 bits; what lies beyond is cut off.

    >>> import numpy as np
    >>> len(encode(np.zeros(100, np.float32), 16000))
    344
    """
    numbers = np.rint(np.clip(clip, -1.0, 1.0) * np.float64(LARGEST)).astype("<i4")
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(3)
        opened.setframerate(rate)
        opened.writeframes(numbers.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return file.getvalue()


def write(table: Table, path: Path, progress: Progress) -> None:
    """A zip of `ROW.wav` and of `metadata.csv`, a line a clip with its factors; or one WAV file for a set of one row.

    The table has the columns file_name, index, each factor as its label or its value, and `split` where it is a whole set of
    several. Clips stand in the order of the set under their natural row numbers.
    """
    sound = _sound(table)
    rate = sound.sampling_rate or 0
    table.check_labels("wav", codes=False)
    if path.suffix != ".zip" and len(table) > 1:
        raise InputError(f"{len(table)} clips go into a zip, not into {path.name}; name it {path.stem}.zip, or export one row")
    with replacing(path) as temporary:
        if path.suffix != ".zip":
            temporary.write_bytes(encode(table.source.read([0], [sound.name])[sound.name][0], rate))
            progress(1)
            return
        lines, done, split = io.StringIO(newline=""), 0, list(table.splits)
        factors = csv.writer(lines, lineterminator="\n")
        factors.writerow(["file_name", "index", *table.space.names, *([table.split_name] if split else [])])
        with zipfile.ZipFile(temporary, "w") as archive:
            for batch in table.blocks(["index", sound.name, *table.label_columns(codes=False, values=True)]):
                names = [f"{row:010d}.wav" for row in batch["index"].tolist()]
                for name, clip in zip(names, batch[sound.name], strict=True):
                    _add(archive, name, encode(clip, rate))
                columns = [_labels(table, name, batch) for name in table.space.names]
                if split:
                    columns.append([split[number] for number in table.split_numbers(done, len(names))])
                factors.writerows(zip(names, batch["index"].tolist(), *columns, strict=True))
                done += len(names)
                progress(len(names))
            _add(archive, "metadata.csv", lines.getvalue().encode())


def _sound(table: Table) -> Column:
    """The first column that is one clip a row."""
    for column in table.source.columns:
        if column.sampling_rate and len(column.shape) == 1:
            return column
    had = ", ".join(f"{c.name} {c.shape}" for c in table.source.columns if c.role == "observation")
    raise InputError(f"format wav writes sounds, one clip (time,) a row with its sampling_rate; this set has {had}; try parquet")


def _labels(table: Table, name: str, batch: dict[str, Array]) -> list[object]:
    factor = table.space[name]
    if factor.labels is not None:
        return [factor.labels[code] for code in batch[name].tolist()]
    values = batch[name + VALUE] if factor.interval else factor.values(batch[name])
    return [int(value) if value == int(value) else value for value in values.tolist()]


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EPOCH), content)
