"""Names, options, and generators from elsewhere."""

from __future__ import annotations

import pytest

import factorhub
from factorhub.errors import InputError


def test_a_generator_knows_its_name_and_all_its_options() -> None:
    made = factorhub.generator("dsprites", size="32")
    assert (made.name, dict(made.options)["size"], dict(made.options)["grid"]) == ("dsprites", 32, "original")


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("dsprits", {}, "no generator named 'dsprits' in the catalog"),
        ("dsprits", {}, "did you mean 'dsprites'?"),
        ("dsprites", {"sise": 3}, "no option named 'sise' in dsprites; it has size, grid"),
        ("dsprites", {"grid": "cleen"}, "did you mean 'clean'?"),
        ("dsprites", {"size": "big"}, "option size of dsprites is a whole number; got 'big'"),
        ("dsprites", {"size": 1.5}, "option size of dsprites is a whole number; got 1.5"),
        ("dsprites", {"size": -4}, "size of dsprites is 8 to 4096 pixels; got -4"),
        ("no_such_module:f", {}, "there is no module 'no_such_module' to import"),
        ("factorhub.factors:nothing", {}, "no generator named 'nothing' in factorhub.factors"),
        ("factorhub.catalog:names", {}, "must return a factorhub.Generator; got one of 'list[str]', which is not called"),
        (":f", {}, "expected package.module:function"),
    ],
)
def test_bad_names_and_options_say_what_to_type_next(name: str, options: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        factorhub.generator(name, **options)
    assert text in str(caught.value)


def test_public_names_are_completed_and_listed() -> None:
    assert set(factorhub.__all__) <= set(dir(factorhub))
    assert all(getattr(factorhub, name) is not None for name in dir(factorhub))
    assert all(f"    {name}(" in (factorhub.__doc__ or "") for name in factorhub.__all__)


def test_reprs_are_one_short_line() -> None:
    from factorhub.loaders import stream

    made = factorhub.generator("dsprites")
    assert repr(made) == "Generator('dsprites'): 6 factors, 737,280 rows on its grid; image uint8 (64, 64)"
    assert repr(made.space).startswith("FactorSpace(color 1, shape 3, scale 6, orientation 40, posX 32, posY 32): 737,280 rows")
    many = repr(factorhub.generator("multi_dsprites").space)
    assert "and 29 more" in many
    batches = stream(factorhub.recipe("dsprites", regime="pairs(k=1)", rows=1000), 100)
    assert repr(batches) == "Stream of 10 batches of 100 an epoch, of Sampled('dsprites', pairs): 1,000 rows"
    assert max(len(repr(factorhub.generator(name))) for name in factorhub.generators()) < 400
