"""Train a model on dSprites and judge it: PCA of 2,000 pictures, scored beside codes of known kinds."""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt

import factorhub


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000, help="pictures to train on")
    parser.add_argument("--codes", type=int, default=10, help="principal components")
    parser.add_argument("--n", type=int, default=10_000, help="rows of a draw that the model is judged on")
    parser.add_argument("--out", help="a folder for the record")
    asked = parser.parse_args()

    train = factorhub.recipe("dsprites", regime="uniform(on_grid=true)", rows=asked.rows, seed=1).source()
    images = train.read(np.arange(asked.rows), ["image"])["image"].reshape(asked.rows, -1).astype(np.float64)
    mean = images.mean(axis=0)
    directions = np.linalg.svd(images - mean, full_matrices=False)[2]

    def encode(batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        codes: npt.NDArray[np.float64] = (batch.reshape(len(batch), -1) - mean) @ directions[: asked.codes].T
        return codes

    report = factorhub.evaluate(encode, "dsprites", metrics="basic", n=asked.n, model={"name": "PCA", "training_seed": 1})
    print(report)
    if asked.out:
        print("record:", report.save(asked.out))


if __name__ == "__main__":
    main()
