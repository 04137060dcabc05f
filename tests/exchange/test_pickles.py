"""The pickles in exported files: whatever a set's texts hold, they name NumPy's own makers of arrays and nothing else."""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factorhub
from factorhub.exchange.formats import export
from factorhub.exchange.npy import write_object

ALLOWED = {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype", "_codecs encode", "numpy.core.multiarray scalar"}
NEW = "cnumpy._core."
TEXTS = {
    "the name that NumPy 2 writes": NEW * 200,
    "the name across a line": f"{NEW}multiarray\n_reconstruct\n",
    "a global": "cos\nsystem\n(S'id'\ntR.",
    "bytes that are no Latin-1": "\U0001f3b5" + NEW,
    "every byte": "".join(map(chr, range(256))) + NEW,
    "an end": "." * 300 + NEW,
}


def globals_of(content: bytes) -> set[str]:
    return {argument for code, argument, _ in pickletools.genops(content) if code.name in ("GLOBAL", "STACK_GLOBAL", "INST")}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_stay_texts_whatever_they_hold(text: str) -> None:
    content: dict[str, Any] = {
        text: text,
        "names": [text, "x"], "sizes": np.frombuffer(f"cos\nsystem\n(S'{NEW}'\ntR.".encode()[:32], "<i8"), "n": np.float64(2),
        "values": {text: np.arange(3.0)},
    }  # fmt: skip
    file = io.BytesIO()
    write_object(file, content)
    stored = file.getvalue()
    assert globals_of(stored[stored.index(b"\n") + 1 :]) <= ALLOWED
    file.seek(0)
    found = np.load(file, allow_pickle=True, encoding="latin1")[()]
    assert (found[text], found["names"], found["n"]) == (text, [text, "x"], 2)
    assert np.array_equal(found["sizes"], content["sizes"])
    assert np.array_equal(found["values"][text], np.arange(3.0))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_exported_file_holds_its_title_as_it_is(tmp_path: Path, text: str) -> None:
    store = factorhub.generate("dsprites", tmp_path / "set", rows=5)
    path = export(store, "npz", tmp_path / "x.npz", title=text)
    with np.load(path, allow_pickle=True, encoding="latin1") as file:
        assert file["metadata"][()]["title"] == text


def test_the_pickle_is_the_one_that_numpy_before_2_wrote() -> None:
    file = io.BytesIO()
    write_object(file, {"a": np.arange(2)})
    plain = np.array(None, object)
    plain[()] = {"a": np.arange(2)}
    content = file.getvalue()
    expected = pickle.dumps(plain, protocol=2).replace(b"cnumpy._core.", b"cnumpy.core.")
    assert list(pickletools.genops(content[content.index(b"\n") + 1 :]))[:3] == list(pickletools.genops(expected))[:3]
