"""What notebooks show: short, without scripts, escaped, and never an error."""

import re

import numpy as np
import pytest

import factorhub
from factorhub import html
from factorhub.errors import InputError
from factorhub.factors import categorical
from factorhub.fields import Field
from factorhub.generator import Generator
from factorhub.space import FactorSpace

EVIL = "<script>alert('x')</script>\x1b[2J"


def checked(page):
    assert len(page.encode()) <= html.MOST_BYTES + 3000
    assert "<script" not in page
    assert "\x1b" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert page.count("<div") == page.count("</div>")
    assert page.count("<details") == page.count("</details>")
    return page


@pytest.mark.parametrize("name", factorhub.generators())
def test_every_generator_has_a_page(name):
    made = factorhub.generator(name)
    page = checked(made._repr_html_())
    assert html.text(made.summary) in page
    assert made.space.names[0] in page
    if any(field.is_image for field in made.fields):
        assert 3 <= page.count("data:image/png;base64,") <= 8, "fewer of noise"


def test_a_space_shows_its_factors_groups_and_attributes():
    page = checked(factorhub.generator("dmelodies", derive="contour").space._repr_html_())
    assert "rhythm_bar1" in page
    assert "contour" in page
    assert "identity" in factorhub.generator("heads").space._repr_html_()


def test_a_set_shows_splits_rows_and_recipe(tmp_path):
    made = factorhub.generate("dsprites", tmp_path / "set", rows=100, splits={"train": 0.8, "test": 0.2})
    page = checked(made._repr_html_())
    assert "train 80, test 20" in page
    assert page.count("<img") == 6
    assert "generator = " in page
    shown = made.show([5, 3])
    assert repr(shown).startswith("2 of 2 rows of Store(")
    assert "row 5" in checked(shown._repr_html_())
    pairs = factorhub.generate("dsprites", tmp_path / "pairs", rows=10, regime="pairs")
    assert pairs.show(slice(0, 4))._repr_html_().count("<img") == 4
    texts = factorhub.generate("sentences", tmp_path / "texts", rows=10)
    assert html.text(texts.text(4)) in texts.show([4])._repr_html_()


def test_a_damaged_set_shows_its_line_of_text(tmp_path):
    made = factorhub.generate("dsprites", tmp_path / "set", rows=100)
    next((tmp_path / "set" / "data").iterdir()).write_bytes(b"no shard")
    page = checked(factorhub.open(tmp_path / "set")._repr_html_())
    assert html.text(repr(made)) in page


def evil(draw):
    space = FactorSpace((categorical("shape", [EVIL, "b"], description=EVIL),))
    return Generator("evil", EVIL, space, (Field("image", "uint8", (4, 4), ("y", "x"), description=EVIL),), draw, EVIL)


def test_anybodys_texts_are_escaped_and_anybodys_errors_are_not_raised():
    page = checked(evil(lambda values: {"image": np.zeros((len(values), 4, 4), np.uint8)})._repr_html_())
    assert "&lt;script&gt;" in page

    def fail(values):
        raise RuntimeError("no picture today")

    broken = evil(fail)
    assert html.text(repr(broken)) in checked(broken._repr_html_())


def test_recipes_and_reports_have_pages():
    page = checked(factorhub.recipe("dsprites", rows=10)._repr_html_())
    assert "generator = &quot;dsprites&quot;" in page

    def encode(images):
        return images.reshape(len(images), -1)[:, 2000:2003].astype(float)

    report = factorhub.evaluate(encode, "dsprites", ["mig"], n=200, draws=1)
    assert "mig" in checked(report._repr_html_())


def test_batches_stay_dictionaries_and_are_shown_by_what_they_come_from(tmp_path):
    g = factorhub.generator("multi_dsprites")
    batch = g.render(count=[1, 2, 3])
    page = checked(factorhub.show(batch, g)._repr_html_())
    assert page.count("<img") == 3
    one = factorhub.show(g.render(count=2), g)
    assert repr(one).startswith("1 row of multi_dsprites: image uint8")
    made = factorhub.generate("dsprites", tmp_path / "set", rows=20)
    page = checked(factorhub.show(made[3:7], made)._repr_html_())
    assert page.count("<img") == 4
    assert "shape" in page
    texts = factorhub.generator("sentences")
    assert "Talvash" in factorhub.show(texts.render(target="Talvash"), texts)._repr_html_()
    with pytest.raises(InputError, match="dsprites has the fields image; got pixels"):
        factorhub.show({"pixels": np.zeros(3)}, made)


def test_pages_carry_their_colours_from_the_notebook():
    page = factorhub.generator("dsprites")._repr_html_()
    assert not re.search(r"color:\s*#|background:\s*#", page)
    assert "var(--jp-content-font-color1" in page
