"""What no stream can do is refused in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.loaders import Stream
from factorhub.lookup import Store


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fields": ["imag"]}, "no column named 'imag' in this source; it has .*; did you mean 'image'?"),
        ({"fields": "image"}, r"fields is a list of columns; got 'image'; write fields=\['image'\]"),
        ({"batch_size": 0}, "batch_size is a whole number from 1; got 0"),
        ({"batch_size": -3}, "batch_size is a whole number from 1; got -3"),
        ({"batch_size": 2101}, "this source has 2100 rows; got batch_size 2101; ask for a smaller one"),
        ({"batch_size": 1051, "world": 2}, "this source has 1050 rows for each of 2 ranks; got batch_size 1051"),
        ({"threads": 0}, "threads is a whole number from 1; got 0"),
        ({"window": -1}, "window is a whole number from 1; got -1"),
        ({"world": 0}, "world is a whole number from 1; got 0"),
        ({"rank": 2, "world": 2}, r"rank \(of 2 processes\) is a whole number from 0 to 1; got 2"),
        ({"rank": -1}, r"rank \(of 1 processes\) is a whole number from 0 to 0; got -1"),
        ({"batch_size": "64"}, "batch_size is a whole number from 1; got '64'"),
        ({"seed": "x"}, r"seed is a whole number from 0 to 2\*\*64 - 1; got 'x'"),
        ({"transform": 5}, "transform is a function of a batch; got 5"),
        ({"endless": "yes"}, "endless is True or False; got 'yes'"),
        (
            {"normalise": True},
            r"normalise takes a list of fields, or {.*}; got True; write normalise=\['image'\]",
        ),
        ({"fields": 5}, "columns of this source are named in a list; got 5"),
        ({"shuffle": "most"}, "no shuffle named 'most'; there are True, False, blocks, full"),
        ({"channels": "middle"}, "no place of channels named 'middle'; there are first, last"),
        (
            {"normalise": "image"},
            r"normalise takes a list of fields, or {.*}; got 'image'; write normalise=\['image'\]",
        ),
        (
            {"normalise": ["shape"]},
            r"normalise takes images of .* floats; shape is uint8 \(\); there are: image",
        ),
        ({"fields": ["index"], "normalise": ["image"]}, "no column named 'image' in the fields of this stream; it has index"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(train: Store, options: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text) as caught:
        Stream(train, **options)
    assert "\n" not in str(caught.value)


def test_only_sources_are_streamed() -> None:
    for wrong in ("data/sprites", factorhub.generator("dsprites"), None):
        with pytest.raises(InputError, match=r"a stream reads a source of rows, such as factorhub.open\(path\) or"):
            Stream(wrong)  # type: ignore[arg-type]


def test_epochs_are_counted_from_0(train: Store) -> None:
    with pytest.raises(InputError, match="an epoch is a whole number from 0; got -1"):
        Stream(train).set_epoch(-1)


def test_a_split_that_does_not_exist_is_refused(train: Store) -> None:
    with pytest.raises(InputError, match="no split named 'trian' in .*; it has train, validation, test; did you mean 'train'?"):
        Stream(factorhub.open(train.folder, "trian"))


def test_a_stream_goes_on_while_its_loops_are_compiled_elsewhere(tmp_path: Path) -> None:
    """With no machine code kept yet: the rows are those of a warm stream, and the code is loaded before long."""
    ask = """
import hashlib, sys, time
import factorhub
from factorhub.loaders import stream
from factorhub.storage import reader, window_reader
reader.SMALL = 0
found = hashlib.blake2b()
rows = factorhub.open(sys.argv[1])
for batch in stream(rows, 50, shuffle=True, seed=3):
    found.update(batch["image"].tobytes())
before = window_reader._prepared
deadline = time.monotonic() + 120
while not rows.prepare() and time.monotonic() < deadline:
    time.sleep(0.05)
print(found.hexdigest(), before, window_reader._prepared)
"""
    factorhub.generate("dsprites", tmp_path / "set", rows=400)
    place = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", ask, str(tmp_path / "set")]
        said.append(subprocess.run(command, env=place, capture_output=True, text=True, check=True).stdout.split())
    assert said[0][0] == said[1][0]
    assert [words[1:] for words in said] == [["False", "True"], ["True", "True"]]
