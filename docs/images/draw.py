"""Draw the pictures of README and docs/generators.md, and write that page: `make pictures`."""

from pathlib import Path

import factorhub
from factorhub import describe, preview

HERE = Path(__file__).parent
MOVED = {  # the factor that a generator's traversal shows
    "dsprites": "orientation", "color_dsprites": "posX", "noisy_dsprites": "noise", "textured_dsprites": "texture",
    "abstract_dsprites": "object_color", "infinite_sprites": "seed", "multi_dsprites": "posX_1", "tetrominoes": "shape_1",
    "shapes3d": "orientation", "objects_room": "orientation", "causal_pendulum": "light_angle", "causal_flow": "ball_radius",
    "moving_sprites": "pattern", "dmelodies": "octave",
}  # fmt: skip
SMALL = {  # options that make a sequence fit a page
    "pendulum": {"video": 48}, "three_body": {"video": 48, "steps": 400}, "bouncing_balls": {"video": 48},
}  # fmt: skip
COUNT = 6


def main() -> None:
    """One sheet for each generator, a traversal where a factor is named above, and the page that shows them."""
    page = [
        "# Generators", "",
        "Every generator of the catalog, drawn by the project itself (`make pictures`). `factorhub info NAME` prints these facts.",
        "`factorhub preview NAME --out FILE.png --traverse FACTOR` draws such pictures for any factor.", "",
    ]  # fmt: skip
    for name in factorhub.generators():
        made = factorhub.generator(name, **SMALL.get(name, {}))
        pictures, captions = preview.contact(made, COUNT, seed=3)
        short = [lines[:4] + (["…"] if len(lines) > 4 else []) for lines in captions]
        preview.save(preview.sheet(pictures, short, columns=COUNT if pictures.shape[2] < 200 else 3), HERE / f"{name}.png")
        size = f"{len(made.space):,} rows on its grid" if made.space.enumerable else "endless"
        page += [f"## {name}", "", f"{made.summary[0].upper()}{made.summary[1:]}. {size}. Source: {made.source}.", ""]
        page += [f"![{name}](images/{name}.png)", ""]
        if (factor := MOVED.get(name, "")) in made.space:
            drawn = preview.traversal(made, factor, seed=3)
            preview.save(preview.sheet(*drawn, columns=10), HERE / f"{name}-{factor}.png")
            page += [f"![{name}: {factor}](images/{name}-{factor}.png)", ""]
        page += ["```", describe.space_text(made.space), "```", ""]
    (HERE.parent / "generators.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
