"""How small and how fast does each encoder make the pictures of each generator, against stock gzip at level 4?

    python benchmarks/encoders.py [NAME]...

For each observation of bytes: bytes a row, and MB/s of pixels encoded and decoded on one core (processor time, best of
three), in chunks of the size the store uses. Read the ratios; absolute rates drift with the machine.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

import click
import numpy as np

import factorhub
from factorhub.storage.codecs.codec import Codec
from factorhub.storage.writer import CHUNK_BYTES

NAMES = ("dsprites", "color_dsprites", "multi_dsprites", "tetrominoes", "causal_flow", "shapes3d", "objects_room")
ENCODERS: dict[str, Callable[[np.ndarray], object]] = {
    "stock gzip 4": lambda chunk: zlib.compress(chunk.tobytes(), 4),
    "runs": Codec("runs", 1).encode,
    "libdeflate 1": Codec("libdeflate", 1).encode,
    "zlib-ng 4": Codec("zlib", 4).encode,
}
BYTES = 1 << 23  # of pixels, measured for each


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    for name in names or NAMES:
        source = factorhub.recipe(name, rows=4096).source()
        for column in source.columns:
            if column.role != "observation" or column.dtype not in ("uint8", "bool"):
                continue
            rows = 1 << (CHUNK_BYTES // column.row_bytes).bit_length() - 1
            count = max(min(BYTES // column.row_bytes, len(source)) // rows, 1)
            images = source.read(np.arange(rows * count), [column.name])[column.name]
            chunks = [images[i * rows : (i + 1) * rows] for i in range(count)]
            print(f"{name}, {column.name} {column.shape}, {rows} rows a chunk")
            out = np.empty_like(chunks[0])
            for label, encode in ENCODERS.items():
                encode(chunks[0])
                encoding = decoding = float("inf")
                for _ in range(3):
                    start = time.thread_time()
                    stored = [bytes(encode(chunk)) for chunk in chunks]
                    encoding = min(encoding, time.thread_time() - start)
                    start = time.thread_time()
                    for data in stored:
                        Codec("zlib").decode(data, out)
                    decoding = min(decoding, time.thread_time() - start)
                size, speed, back = (
                    sum(map(len, stored)) / len(images),
                    images.nbytes / encoding / 1e6,
                    images.nbytes / decoding / 1e6,
                )
                print(f"  {label:14s} {size:9.1f} bytes a row, encoded at {speed:6,.0f} MB/s, decoded at {back:7,.0f} MB/s")


if __name__ == "__main__":
    main()
