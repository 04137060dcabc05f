"""Draw the pictures of README and docs: `make pictures`."""

from pathlib import Path

import factorhub
from factorhub import preview

HERE = Path(__file__).parent

for name in factorhub.generators():
    made = factorhub.generator(name)
    pictures, captions = preview.contact(made, 8, seed=3)
    preview.save(preview.sheet(pictures, captions, columns=8 if pictures.shape[2] < 200 else 4), HERE / f"{name}.png")
