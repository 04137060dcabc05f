"""Texts as pictures, for sheets beside those of other generators."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.strings import strings

WIDTH, HEIGHT, LETTERS = 224, 72, 34  # pixels of a page, and letters of a line


def pages(meta: Mapping[str, Any]) -> Callable[[Batch], Array]:
    """What draws the `tokens` of a batch as pages (n, HEIGHT, WIDTH, 3) of black text on white."""

    def drawn(batch: Batch) -> Array:
        from PIL import Image, ImageDraw, ImageFont

        font, made = ImageFont.load_default(size=11), []
        for text in strings(batch["tokens"], meta):
            page = Image.new("RGB", (WIDTH, HEIGHT), "white")
            ImageDraw.Draw(page).multiline_text((5, 4), textwrap.fill(str(text), LETTERS), fill="black", font=font)
            made.append(np.asarray(page))
        return np.stack(made)

    return drawn
