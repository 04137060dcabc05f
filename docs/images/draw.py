"""Draw the pictures of README and docs/generators.md, and write that page: `make pictures`.

`python docs/images/draw.py NAME …` draws those of some generators only; the page is always written whole.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import factorhub
from factorhub import catalog
from factorhub.commands import describe, preview

HERE = Path(__file__).parent
MOVED = {  # the factor that a generator's traversal shows; of other scenes, the first that is no nuisance
    "dsprites": "orientation", "color_dsprites": "posX", "noisy_dsprites": "scale", "textured_dsprites": "posX",
    "abstract_dsprites": "color", "infinite_sprites": "shape", "moving_sprites": "velX", "multi_dsprites": "posX_1",
    "tetrominoes": "shape_1", "shapes3d": "orientation", "objects_room": "orientation", "causal_pendulum": "light_angle",
    "causal_flow": "ball_radius", "dmelodies": "octave", "robot_arm": "horizontal_axis", "turntable": "azimuth",
    "glyphs": "thickness", "degraded": "strength", "heads": "yaw", "figures": "action", "tunes": "effect",
    "cppn": "stretch_x", "captioned": "shape", "voices": "contour",
}  # fmt: skip
SMALL = {  # options that make a sequence fit a page
    "pendulum": {"video": 48}, "three_body": {"video": 48, "steps": 400}, "bouncing_balls": {"video": 48},
    "interventional_pong": {"video": 48},
}  # fmt: skip
SEEDS = {"objects_room": 2, "multi_dsprites": 0, "figures": 31}  # where several objects show, or a near one; 3 elsewhere
COUNT = 8
GAP, GREY = 4, (238, 238, 238)


def scenes() -> list[str]:
    """The generators that draw scenes."""
    return [
        name
        for name in factorhub.generators()
        if ".dsprites_like." in catalog.CATALOG[name] or ".wrappers." in catalog.CATALOG[name]
    ]


def moved(name: str) -> str | None:
    """The factor that the traversal of a generator shows, if it has one."""
    if name in MOVED or name not in scenes():
        return MOVED.get(name)
    return next((factor.name for factor in factorhub.generator(name).space if factor.size != 1 and not factor.nuisance), None)


def strip(pictures: np.ndarray, width: int, zoom: int) -> np.ndarray:
    """Pictures side by side on grey, cut off at this width."""
    pictures = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    gap = np.full((len(pictures), pictures.shape[1], GAP, 3), GREY, np.uint8)
    line = np.concatenate(list(np.concatenate([pictures, gap], axis=2)), axis=1)[:, :width]
    return np.pad(line, ((0, 0), (0, width - line.shape[1]), (0, 0)), constant_values=GREY[0])


def row(name: str, width: int, factor: str | None = None) -> np.ndarray:
    """As many pictures of random rows, or along a factor, as fit."""
    made, seed = factorhub.generator(name), SEEDS.get(name, 3)
    one = preview.contact(made, 1, seed)[0]
    zoom = max(1, 70 // one.shape[1])
    count = max(1, (width + GAP) // (zoom * one.shape[2] + GAP))
    return strip((preview.traversal(made, factor, seed, count) if factor else preview.contact(made, count, seed))[0], width, zoom)


def overview() -> None:
    """All scenes on one page: random rows to the left, one factor moved through its range to the right."""
    from PIL import Image, ImageDraw, ImageFont

    font, left, right = ImageFont.load_default(size=12), 336, 472
    rows = [(name, row(name, left), row(name, right, moved(name))) for name in scenes()]
    page = Image.new("RGB", (GAP + left + 20 + right + GAP, sum(a.shape[0] + 24 for _, a, _ in rows) + GAP), GREY)
    pen, y = ImageDraw.Draw(page), 0
    for name, random, along in rows:
        for x, text, pictures in (
            (GAP, name, random),
            (GAP + left + 20, "over time" if name == "moving_sprites" else f"along {moved(name)}", along),
        ):
            pen.text((x, y + 3), text, fill=preview.INK, font=font)
            page.paste(Image.fromarray(pictures), (x, y + 20))
        y += random.shape[0] + 24
    preview.save(page, HERE / "scenes.png")


def save(page: Any, file: str, colors: int) -> None:
    """Write a picture of at most 256 colors, or one whose smooth curves do with `colors`, with a palette."""
    few = page.getcolors(256)
    preview.save(page.quantize(len(few) if few else colors, dither=0) if few or colors else page, HERE / file)


def draw(name: str) -> None:
    """The contact sheet of a generator, and its traversal where a factor is named above."""
    made, factor, colors = factorhub.generator(name, **SMALL.get(name, {})), moved(name), 0 if name in scenes() else 64
    pictures, captions = preview.contact(made, COUNT if factor else 6, SEEDS.get(name, 3))
    columns = None if factor else 2 if pictures.shape[2] > 400 or pictures.shape[1] < 100 else 3
    save(preview.sheet(pictures, captions, columns=columns), f"{name}.png", colors)
    if factor:
        save(preview.sheet(*preview.traversal(made, factor, SEEDS.get(name, 3), COUNT)), f"{name}-{factor}.png", colors)


def section(name: str) -> list[str]:
    """The part of the page about one generator."""
    made = factorhub.generator(name, **SMALL.get(name, {}))
    size = f"{len(made.space):,} rows on its grid" if made.space.enumerable else "Endless: no finite grid"
    first = made.summary.split()[0].strip(",:")
    summary = made.summary if first.lower() in factorhub.generators() else made.summary[0].upper() + made.summary[1:]
    part = [f"## {name}", "", f"{summary}. {size}. Source: {made.source}.", ""]
    if name in SMALL:
        plain, options = factorhub.generator(name).space, " ".join(f"--set {key}={value}" for key, value in SMALL[name].items())
        more = [f"`{factor}`" for factor in made.space.names if factor not in plain]
        part += [f"Shown with `{options}`" + (f", which adds {', '.join(more)}" if more else "") + ".", ""]
    part += [f"![{name}](images/{name}.png)", ""]
    if moved(name):
        part += [f"![{name}: {moved(name)}](images/{name}-{moved(name)}.png)", ""]
    if made.notes:
        part += ["```", *made.notes, "```", ""]
    return [*part, "```", describe.space_text(made.space), "```", ""]


def main(names: list[str]) -> None:
    """The pictures of these generators, the overview of scenes, and the page."""
    os.environ["COLUMNS"] = str(describe.MOST_WIDE)  # tables of one width, whatever terminal this runs in
    page = [
        "# Generators", "",
        "Every generator of the catalog, drawn by the project itself (`make pictures`). `factorhub info NAME` prints these facts.",
        "`factorhub preview NAME --out FILE.png --traverse FACTOR` draws such pictures for any factor.",
        "Options, masks, object tables and interventions of the scenes: [scenes](scenes.md).",
        "What holds of all sounds: [sounds](sounds.md); of graphs: [graphs](graphs.md).",
        "What follows from factors: [attributes](attributes.md).", "",
    ]  # fmt: skip
    for name in names:
        draw(name)
    if set(names) & set(scenes()):
        overview()
    for family, members in catalog.FAMILIES.items():
        page += [f"- {family}: {', '.join(f'[{name}](#{name})' for name in members)}"]
    page += ["", *(line for name in factorhub.generators() for line in section(name))]
    (HERE.parent / "generators.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or factorhub.generators())
