import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from factorhub.exchange import png


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as made:
        yield made


@given(images=st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 1, 3, 4])).flatmap(
    lambda s: arrays(np.uint8, s[:3] + ((s[3],) if s[3] else ()))
))  # fmt: skip
def test_every_picture_comes_back_exactly(pool, images):
    files = png.encode(images, pool)
    assert len(files) == len(images)
    for file, image in zip(files, images, strict=True):
        read = np.asarray(Image.open(io.BytesIO(file)))
        assert np.array_equal(read, image[..., 0] if image.shape[2:] == (1,) else image)


def test_shading_is_stored_as_differences_and_flat_pictures_are_not(pool):
    y, x = np.mgrid[:64, :64]
    shaded = np.stack([2 * y + x] * 3, axis=-1).astype(np.uint8)[None]
    flat = np.zeros((1, 64, 64), np.uint8)
    flat[0, 20:40, 10:30] = 255
    assert len(png.encode(shaded, pool)[0]) < 1000
    assert len(png.encode(flat, pool)[0]) < 200


def test_more_pictures_than_one_task_stay_in_order(pool):
    images = (np.arange(3 * png.TASK + 5) % 251).astype(np.uint8)[:, None, None] + np.zeros((1, 3, 3), np.uint8)
    read = [np.asarray(Image.open(io.BytesIO(file)))[0, 0] for file in png.encode(images, pool)]
    assert np.array_equal(read, images[:, 0, 0])
