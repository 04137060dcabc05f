import errno
import os
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

import factorhub
from factorhub.build.rendered import Sampled
from factorhub.errors import InputError, StoreError
from factorhub.exchange.formats import export, formats
from factorhub.exchange.output import replacing
from factorhub.order import Order
from factorhub.regimes.uniform import Uniform


def test_every_format_has_a_writer():
    assert list(formats()) == ["npz", "hdf5", "shapes3d", "objects", "parquet", "webdataset", "midi", "musicxml", "wav"]
    for known in formats().values():
        assert callable(known.write)
        assert known.write.__doc__
        assert known.ending.startswith(".")


def test_unknown_formats_get_a_suggestion(sprites, tmp_path):
    with pytest.raises(InputError, match="no format named 'parket'; there are npz, .*; did you mean 'parquet'"):
        export(sprites, "parket", tmp_path / "x")


def test_a_set_without_rows_is_refused(scenes, tmp_path):
    empty = type(scenes)(scenes.space, scenes.columns, {name: array[:0] for name, array in scenes.arrays.items()})
    with pytest.raises(InputError, match="there are no rows to export"):
        export(empty, "npz", tmp_path / "x.npz")


def test_progress_counts_the_rows(sprites, scenes, tmp_path):
    for to in ("npz", "hdf5", "shapes3d", "objects", "parquet", "webdataset"):
        done: list[int] = []
        source = scenes if to == "objects" else sprites
        export(source, to, tmp_path / "x-full.h5", progress=done.append)
        assert sum(done) == len(source)


def test_paths_that_cannot_be_files_are_refused(sprites, tmp_path):
    with pytest.raises(InputError, match="is a folder; name a file to write, such as"):
        export(sprites, "npz", tmp_path)
    with pytest.raises(InputError, match="there is no folder .*nowhere; make it first"):
        export(sprites, "npz", tmp_path / "nowhere" / "x.npz")


class Failing:
    """A source whose rows cannot be read after the first block."""

    def __init__(self, source, error):
        self.source, self.error = source, error
        self.space, self.columns = source.space, source.columns
        self.reads = 0

    def __len__(self):
        return len(self.source)

    def read(self, rows, columns=None):
        self.reads += "image" in (columns or [])
        if self.reads > 1:
            raise self.error
        return self.source.read(rows, columns)


@pytest.mark.parametrize("to", ["npz", "hdf5", "shapes3d", "objects", "parquet", "webdataset"])
def test_a_failing_export_leaves_the_old_file_and_no_other(scenes, tmp_path, monkeypatch, to):
    monkeypatch.setattr("factorhub.exchange.table.BLOCK_BYTES", 2000)
    monkeypatch.setattr("factorhub.exchange.parquet.GROUP_ROWS", 10)
    out = tmp_path / "x.out"
    out.write_bytes(b"old")
    threads = threading.active_count()
    failing = Failing(
        type(scenes)(scenes.space, scenes.columns, {**scenes.arrays, "seed": scenes.arrays["index"]}),
        StoreError("shard 3 is damaged"),
    )
    with pytest.raises(StoreError, match="shard 3 is damaged"):
        export(failing, to, out)
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]
    assert threading.active_count() == threads


def test_a_full_disk_is_one_line(tmp_path):
    def fill():
        with replacing(tmp_path / "x") as temporary:
            temporary.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StoreError, match="is full; free some space"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_memory_stays_bounded(tmp_path):
    """30,000 rows of dSprites are 123 MB; writing them from the generator takes a quarter of that at most."""
    code = f"""
import resource, factorhub, numpy as np
from factorhub.exchange.formats import export
from factorhub.order import Order
from factorhub.regimes.grid import Grid
from factorhub.build.rendered import Sampled
made = factorhub.generator("dsprites")
rows = lambda n: Sampled(made, Grid(), 0, Order("permuted", len(made.space), (n,), 0))
import factorhub.exchange.table as table
table.BLOCK_BYTES = 4 << 20
export(rows(500), "hdf5", {str(tmp_path / "a.h5")!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
export(rows(30_000), "hdf5", {str(tmp_path / "b.h5")!r})
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 31


def test_writing_loads_only_what_the_format_needs(tmp_path):
    code = """
import sys, factorhub
from factorhub.exchange.formats import export, formats
assert not {"h5py", "pyarrow", "datasets", "music21", "numba"} & set(sys.modules) - {"h5py"}, sys.modules
print(len(formats()))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "9\n"


def test_natural_order_is_that_of_the_index(scenes):
    from factorhub.exchange.table import Table

    assert np.array_equal(scenes.arrays["index"][Table(scenes).natural], np.arange(300))


@pytest.mark.parametrize("name", factorhub.generators())
def test_parquet_and_webdataset_take_every_generator(name, tmp_path):
    import pyarrow.parquet

    made = factorhub.generator(name)
    rows = Sampled(made, Uniform(), 0, Order("natural", 5, (5,), 0))
    table = pyarrow.parquet.read_table(export(rows, "parquet", tmp_path / "x.parquet"))
    assert table.column_names == [column.name for column in rows.columns]
    assert table.num_rows == 5
    assert export(rows, "webdataset", tmp_path / "x.tar").stat().st_size > 5 * 1024
    if any("instances" in item.meta for item in made.fields):
        export(rows, "objects", tmp_path / "x-full.hdf5")
        with h5py.File(tmp_path / "x-full.hdf5", "r") as file:
            assert {"image", "mask", "visibility", "num_actual_objects"} < set(file)
