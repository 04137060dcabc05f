"""How people store and read images today: for each peer of `load.py`, `write` and `read`, as its own documentation has it.

`write(images, folder)` stores uint8 images; `read(folder)` yields shuffled batches of 256 without end, epoch after
epoch. Packages are imported inside, so that a peer that is not installed is skipped.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

BATCH = 256
BUFFER = 4096  # of peers that shuffle in a buffer: as many images as a window of ours


class Peer(NamedTuple):
    """A name for the table, the packages it needs, and how it writes and reads."""

    title: str
    packages: tuple[str, ...]
    write: Callable[[np.ndarray, Path], None]
    read: Callable[[Path], Iterator[Any]]


def again(epoch: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    while True:
        yield from epoch()


def write_npy(images: np.ndarray, folder: Path) -> None:
    np.save(folder / "images.npy", images)


def read_ram(folder: Path) -> Iterator[Any]:
    images = np.load(folder / "images.npy")
    draw = np.random.default_rng(0)

    def epoch() -> Iterator[Any]:
        order = draw.permutation(len(images))
        for start in range(0, len(images), BATCH):
            yield images[order[start : start + BATCH]]

    return again(epoch)


def read_tensors(folder: Path) -> Iterator[Any]:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    dataset = TensorDataset(torch.from_numpy(np.load(folder / "images.npy")))
    return again(lambda: (batch for (batch,) in DataLoader(dataset, BATCH, shuffle=True)))


def write_single_chunks(images: np.ndarray, folder: Path) -> None:
    import h5py

    with h5py.File(folder / "images.h5", "w") as file:
        file.create_dataset("images", data=images, chunks=(1, *images.shape[1:]), compression="gzip", compression_opts=4)


def read_single_chunks(folder: Path, workers: int = 0) -> Iterator[Any]:
    import h5py
    import torch
    from torch.utils.data import DataLoader, Dataset

    class Images(Dataset):
        def __init__(self) -> None:
            with h5py.File(folder / "images.h5") as file:
                self.length = len(file["images"])
            self.images: Any = None

        def __len__(self) -> int:
            return self.length

        def __getitem__(self, row: int) -> Any:
            if self.images is None:  # one handle a process
                self.images = h5py.File(folder / "images.h5")["images"]
            return torch.from_numpy(self.images[row])

    return again(lambda: DataLoader(Images(), BATCH, shuffle=True, num_workers=workers))


def write_tars(images: np.ndarray, folder: Path) -> None:
    for first in range(0, len(images), 10_000):
        with tarfile.open(folder / f"{first:08d}.tar", "w") as tar:
            for row in range(first, min(first + 10_000, len(images))):
                content = io.BytesIO()
                np.save(content, images[row])
                about = tarfile.TarInfo(f"{row:08d}.npy")
                about.size = content.tell()
                content.seek(0)
                tar.addfile(about, content)


def read_tars(folder: Path) -> Iterator[Any]:
    import webdataset

    files = sorted(str(path) for path in folder.glob("*.tar"))
    stages = webdataset.WebDataset(files, shardshuffle=len(files)).shuffle(BUFFER).decode().to_tuple("npy").batched(BATCH)
    return again(lambda: (batch for (batch,) in stages))


def write_array_record(images: np.ndarray, folder: Path) -> None:
    from array_record.python.array_record_module import ArrayRecordWriter

    writer = ArrayRecordWriter(str(folder / "images.array_record"), "group_size:1")
    for image in images:
        writer.write(image.tobytes())
    writer.close()
    (folder / "shape").write_text(",".join(map(str, images.shape[1:])))


def read_array_record(folder: Path) -> Iterator[Any]:
    import grain

    shape = tuple(map(int, (folder / "shape").read_text().split(",")))
    rows = grain.MapDataset.source(grain.sources.ArrayRecordDataSource([str(folder / "images.array_record")]))
    rows = rows.shuffle(seed=0).map(lambda record: np.frombuffer(record, np.uint8).reshape(shape)).repeat().batch(BATCH)
    return iter(rows.to_iter_dataset())


def write_arrow(images: np.ndarray, folder: Path) -> None:
    import datasets

    shape = images.shape[1:]
    array = datasets.Array2D(shape, "uint8") if len(shape) == 2 else datasets.Array3D(shape, "uint8")

    def rows() -> Iterator[dict[str, Any]]:
        for image in images:
            yield {"image": image}

    made = datasets.Dataset.from_generator(rows, features=datasets.Features({"image": array}), cache_dir=str(folder / "cache"))
    made.save_to_disk(str(folder / "saved"))
    shutil.rmtree(folder / "cache")


def read_arrow(folder: Path) -> Iterator[Any]:
    import datasets

    rows = datasets.load_from_disk(str(folder / "saved")).with_format("numpy", dtype=np.uint8)
    return again(lambda: (batch["image"] for batch in rows.shuffle(keep_in_memory=True).iter(BATCH)))


def read_arrow_stream(folder: Path) -> Iterator[Any]:
    import datasets

    rows = datasets.load_from_disk(str(folder / "saved")).to_iterable_dataset(16).shuffle(seed=0, buffer_size=BUFFER)
    return again(lambda: (batch["image"] for batch in rows.with_format("numpy").batch(BATCH)))


class _Images:
    """A picklable function of a row, as litdata's workers want it."""

    def __init__(self, path: Path) -> None:
        self.images = np.load(path, mmap_mode="r")

    def __call__(self, row: int) -> dict[str, Any]:
        return {"image": np.array(self.images[row])}


def write_litdata(images: np.ndarray, folder: Path) -> None:
    import litdata

    source = folder.parent / "images.npy"
    np.save(source, images)
    litdata.optimize(_Images(source), list(range(len(images))), str(folder), chunk_bytes="16MB", num_workers=1)
    source.unlink()


def read_litdata(folder: Path) -> Iterator[Any]:
    import litdata

    dataset = litdata.StreamingDataset(str(folder), shuffle=True)
    return again(lambda: (batch["image"] for batch in litdata.StreamingDataLoader(dataset, batch_size=BATCH)))


def write_mds(images: np.ndarray, folder: Path) -> None:
    from streaming import MDSWriter

    kind = f"ndarray:uint8:{','.join(map(str, images.shape[1:]))}"
    with MDSWriter(out=str(folder / "set"), columns={"image": kind}, size_limit="16mb") as writer:
        for image in images:
            writer.write({"image": image})


def read_mds(folder: Path) -> Iterator[Any]:
    from streaming import StreamingDataset
    from torch.utils.data import DataLoader

    dataset = StreamingDataset(local=str(folder / "set"), shuffle=True, batch_size=BATCH)
    return again(lambda: (batch["image"] for batch in DataLoader(dataset, BATCH)))


PEERS = {
    "ram": Peer("x[permutation], x in RAM", (), write_npy, read_ram),
    "tensors": Peer("torch DataLoader, TensorDataset in RAM", ("torch",), write_npy, read_tensors),
    "h5py": Peer("torch DataLoader, h5py, one image a chunk", ("torch", "h5py"), write_single_chunks, read_single_chunks),
    "h5py2": Peer(
        "the same with two workers", ("torch", "h5py"), write_single_chunks, lambda folder: read_single_chunks(folder, 2)
    ),
    "litdata": Peer("litdata", ("litdata",), write_litdata, read_litdata),
    "arrow": Peer("Hugging Face datasets, map", ("datasets",), write_arrow, read_arrow),
    "arrow_stream": Peer("Hugging Face datasets, iterable", ("datasets",), write_arrow, read_arrow_stream),
    "grain": Peer("grain over array_record", ("grain", "array_record"), write_array_record, read_array_record),
    "webdataset": Peer("webdataset", ("webdataset",), write_tars, read_tars),
    "mds": Peer("mosaicml-streaming", ("streaming",), write_mds, read_mds),
}
os.environ.setdefault("HF_HUB_OFFLINE", "1")
