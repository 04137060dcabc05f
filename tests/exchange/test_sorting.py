import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from factorhub.exchange.sorting import in_order
from factorhub.source import Column


class Counted:
    """A source of three columns that counts how often each row is read."""

    columns = (
        Column("index", "int64", (), (), "index"),
        Column("small", "uint8", (), (), "observation"),
        Column("wide", "float32", (2, 3), ("y", "x"), "observation"),
    )

    def __init__(self, n):
        self.reads = np.zeros(n, int)

    def __len__(self):
        return len(self.reads)

    def read(self, rows, columns=None):
        np.add.at(self.reads, rows, 1)
        rows = np.asarray(rows)
        wide = rows[:, None, None] + np.arange(6, dtype=np.float32).reshape(2, 3) / 8
        found = {"index": rows, "small": (rows % 251).astype(np.uint8), "wide": wide.astype(np.float32)}
        return {name: found[name] for name in columns}


@given(n=st.integers(1, 200), rows=st.integers(1, 60), seed=st.integers(0, 99), sort=st.booleans())
def test_rows_come_in_the_order_asked_for_and_are_read_once(tmp_path_factory, n, rows, seed, sort):
    order = np.arange(n) if sort else np.random.default_rng(seed).permutation(n)
    source = Counted(n)
    folder = tmp_path_factory.getbasetemp()
    blocks = list(in_order(source, order, source.columns, rows, folder))
    assert [len(block["index"]) for block in blocks] == [min(rows, n - start) for start in range(0, n, rows)]
    whole = {name: np.concatenate([block[name] for block in blocks]) for name in ("index", "small", "wide")}
    right = source.read(order, ["index", "small", "wide"])
    assert all(np.array_equal(whole[name], right[name]) and whole[name].dtype == right[name].dtype for name in right)
    assert (source.reads == 2).all()


def test_reading_stays_local(tmp_path):
    """Each request touches only neighbouring rows, so that each chunk of a set is decoded once."""
    spans = []

    class Noting(Counted):
        def read(self, rows, columns=None):
            spans.append(np.ptp(rows))
            return super().read(rows, columns)

    source = Noting(1000)
    for _ in in_order(source, np.random.default_rng(0).permutation(1000), source.columns, 50, tmp_path):
        pass
    assert max(spans) < 50
    assert list(tmp_path.iterdir()) == []
