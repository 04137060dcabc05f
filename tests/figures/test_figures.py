"""Figures: pictures that are not resampled, text that is text, the same bytes each time, and settings left as they were."""

import re

import matplotlib
import numpy as np
import pytest

import factorhub
from factorhub import figures
from factorhub.errors import InputError
from factorhub.regimes import Splits, from_text

DSPRITES = factorhub.generator("dsprites")
SHAPES = factorhub.generator("shapes3d")


def decode(codes):
    u = np.clip(0.5 + codes[:, :3] / 8, 0.01, 0.99)
    rows = SHAPES.space.from_unit(np.concatenate([u, np.full((len(u), 3), 0.4)], axis=1))
    return np.moveaxis(SHAPES.render(rows)["image"], -1, 1) / 255.0


def every():
    """A figure of each kind."""
    rng = np.random.default_rng(0)
    states = factorhub.recipe("pendulum", rows=4, options={"steps": 80}).source().read(np.arange(4))["state"]
    splits = Splits.from_text("test=shape == heart & posX > 0.5; train=rest")
    melody = factorhub.generator("dmelodies").render(scale="blues")["tokens"]
    return {
        "traversals": figures.traversals(DSPRITES),
        "latent_traversals": figures.latent_traversals(decode, rng.normal(size=(50, 3)), names=["hue", "wall", "object"]),
        "objects": figures.objects(factorhub.generator("multi_dsprites").render(count=[3])),
        "matrix": figures.matrix(rng.random((5, 3)), ["a", "b", "c"]),
        "heat": figures.matrix(rng.random((5, 3)), ["a", "b", "c"], kind="heat"),
        "scores": figures.scores({"β-VAE": rng.random(5), "AE": rng.random(3)}, name="MIG", chance=0.1, ideal=1.0),
        "joint": figures.joint(from_text("correlated(pairs=[[scale, shape]], sigma=0.2)"), DSPRITES.space, "scale", "shape"),
        "splits": figures.splits(splits, DSPRITES.space, "shape", "posX"),
        "phase": figures.phase(states),
        "horizon": figures.horizon({"a": np.exp(rng.normal(size=(20, 40))), "b": np.exp(rng.normal(size=(20, 40)) + 1)}),
        "roll": figures.roll(melody),
    }


@pytest.fixture(scope="module")
def drawn():
    return every()


def test_every_name_is_there_and_drawn(drawn):
    assert set(figures.__all__) == {*drawn, "save", "style", "WIDTHS"} - {"heat"}


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_a_figure_gives_the_same_bytes_each_time(tmp_path, drawn, kind):
    again = every()
    for name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{name}.{kind}")
        figures.save(again[name], tmp_path / f"{name}-again.{kind}")
        first, second = ((tmp_path / f"{name}{end}.{kind}").read_bytes() for end in ("", "-again"))
        assert first == second, name
        assert len(first) > 500


def test_pixels_stand_in_the_pdf_as_they_are(tmp_path):
    figure = figures.traversals(DSPRITES, ["shape"], steps=3)
    figures.save(figure, tmp_path / "sheet.pdf")
    file = (tmp_path / "sheet.pdf").read_bytes()
    sizes = {(int(w), int(h)) for h, w in re.findall(rb"/Height (\d+).*?/Width (\d+)", file, re.DOTALL)}
    sizes |= {(int(w), int(h)) for w, h in re.findall(rb"/Width (\d+).*?/Height (\d+)", file, re.DOTALL)}
    assert (3 * 64 + 2 * 2, 64) in sizes
    assert b"/Type3" not in file
    assert b"CreationDate" not in file


def test_text_in_svg_is_text(tmp_path, drawn):
    figures.save(drawn["matrix"], tmp_path / "matrix.svg")
    text = (tmp_path / "matrix.svg").read_text()
    assert "<text" in text
    assert ">z0<" in text


def test_settings_are_left_as_they_were(drawn):
    before = dict(matplotlib.rcParams)
    figures.matrix(np.eye(2), ["a", "b"])
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in {type(figure).__module__ for figure in drawn.values()}


def test_axes_of_ones_own_are_drawn_on():
    figure = matplotlib.figure.Figure()
    left, right = figure.subplots(1, 2)
    assert figures.matrix(np.eye(2), ["a", "b"], ax=left) is figure
    assert figures.phase(np.zeros((5, 2)), ax=right) is figure


def test_squares_have_areas_in_proportion_to_the_values():
    (ax,) = figures.matrix([[1.0, 0.25], [0.0, 0.5]], ["a", "b"]).axes
    areas = [patch.get_width() * patch.get_height() for patch in ax.patches]
    assert np.allclose(np.array(areas) / areas[0], [1, 0.25, 0, 0.5])


def test_a_joint_density_shows_the_ridge():
    figure = figures.joint(from_text("correlated(pairs=[[posX, posY]], sigma=0.1)"), DSPRITES.space, "posX", "posY")
    image = figure.axes[0].images[0].get_array()
    assert np.trace(image) > 5 * np.trace(image[:, ::-1])
    assert image.sum() == pytest.approx(1)


def test_traversals_take_groups_and_rows_and_their_first_pictures_are_the_rows():
    heads = factorhub.generator("heads", size=32)
    (ax,) = figures.traversals(heads, ["pose"], steps=4).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["yaw", "pitch", "roll"]
    sheet = ax.images[0].get_array()
    assert sheet.shape == (3 * 34 - 2, 4 * 34 - 2, 3)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda: figures.matrix(np.eye(2), ["a"]), r"a relation is \(codes, factors\), here with 1 factors; got shape \(2, 2\)"),
        (lambda: figures.matrix([[-1.0]], ["a"]), "finite values of at least 0; got"),
        (lambda: figures.traversals(DSPRITES, ["shap"]), "no factor named 'shap'"),
        (lambda: figures.latent_traversals(lambda codes: codes, np.zeros((3, 2))), "pictures are .* got shape"),
        (lambda: figures.phase(np.zeros(3)), "states are"),
        (lambda: figures.roll([1, 2]), "a melody is 16 tokens"),
        (lambda: figures.objects({"image": np.zeros((1, 4, 4))}), "objects are drawn from image and mask; got image"),
        (lambda: figures.scores({}), "scores are {model: values}; got none"),
        (
            lambda: figures.splits(Splits.from_text("a=0.5,b=0.5"), DSPRITES.space, "shape", "scale"),
            "splits are drawn where regions",
        ),
        (
            lambda: figures.save(figures.matrix(np.eye(1), ["a"]), "figure.jpg"),
            "a figure is written as .pdf, .svg, .png; got 'figure.jpg'",
        ),
        (lambda: figures.save(figures.matrix(np.eye(1), ["a"]), "nowhere/figure.pdf"), "there is no folder nowhere"),
        (lambda: figures.matrix(np.eye(1), ["a"], width="nature"), "no width named 'nature'"),
    ],
)
def test_mistakes_are_one_line(call, answer):
    with pytest.raises(InputError, match=answer):
        call()
