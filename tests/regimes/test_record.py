"""Regimes as data and text: both give back equal records, nothing is evaluated, mistakes are answered."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass

import numpy as np
import pytest

import factorhub
from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.regimes import (
    Causal,
    Correlated,
    Do,
    Draw,
    Grid,
    Mechanism,
    Pairs,
    Shell,
    Splits,
    Uniform,
    Walk,
    Where,
    from_dict,
    from_text,
    to_dict,
    to_text,
)
from factorhub.regimes.regime import Single
from factorhub.space import FactorSpace
from factorhub.testing import check_regime

SPRITES = factorhub.generator("dsprites").space


@pytest.mark.parametrize(
    ("text", "regime"),
    [
        ("uniform", Uniform()),
        ("uniform()", Uniform()),
        ("uniform(on_grid=true)", Uniform(True)),
        ("correlated(pairs=[[scale, shape]], sigma=0.2)", Correlated((("scale", "shape"),), sigma=0.2)),
        ("pairs(k=2, mode=exactly)", Pairs(2)),
        ("pairs(2, 'at_most', factors=posX)", Pairs(2, "at_most", factors=("posX",))),
        ('where("shape == heart", uniform)', Where("shape == heart")),
        ("where('scale > 0.6', pairs(k=2, inner=grid))", Where("scale > 0.6", Pairs(2, inner=Grid()))),
        (
            "causal([mechanism(scale, [shape], [-0.8])], do=[do(shape, heart), do(posX, 1), do(posY)])",
            Causal((Mechanism("scale", ("shape",), (-0.8,)),), (Do("shape", "heart"), Do("posX", 1.0), Do("posY"))),
        ),
        ("shell(box=[[length, 1, 1.5]], away_max=[[0, 0.1]])", Shell((("length", 1.0, 1.5),), away_max=((0.0, 0.1),))),
        ('do(tonic, "C#")', Do("tonic", "C#")),
    ],
)
def test_text_is_read(text: str, regime) -> None:
    assert from_text(text) == regime
    assert from_text(to_text(regime)) == regime
    assert from_dict(json.loads(json.dumps(to_dict(regime)))) == regime


def test_a_recipe_file_reads_the_same() -> None:
    toml = """
    kind = "where"
    region = "shape == heart & scale > 0.6"
    [inner]
    kind = "causal"
    [[inner.mechanisms]]
    kind = "mechanism"
    factor = "posX"
    parents = ["scale"]
    weights = [1]
    [[inner.do]]
    kind = "do"
    factor = "posX"
    value = 0.5
    """
    expected = Where("shape == heart & scale > 0.6", Causal((Mechanism("posX", ("scale",), (1.0,)),), (Do("posX", 0.5),)))
    assert from_dict(tomllib.loads(toml)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pair(k=2)", "no regime named 'pair'; there are grid, .*; did you mean 'pairs'"),
        ("pairs(n=2)", "no field named 'n' in pairs; it has k, mode"),
        ("pairs(k=two)", "k of pairs is a whole number; got 'two'"),
        ("pairs(k=2.5)", "k of pairs is a whole number; got 2.5"),
        ("pairs(k=true)", "k of pairs is a whole number; got 'true'"),
        (
            "pairs(mode=exact)",
            "no value named 'exact' in mode of pairs; it has exactly, at_most, dlib, laplace; did you mean 'exactly'",
        ),
        ("pairs(inner=3)", "inner of pairs is a regime; got 3"),
        ("uniform(on_grid=1)", "on_grid of uniform is true or false; got 1"),
        ("where", "where needs region; got nothing"),
        ("where(uniform)", "cannot read the region 'uniform': expected ==, !="),
        ("shell(box=[[length, 1]])", r"box of shell is made of 3 values; got \['length', 1\]"),
        ("shell(box=3)", "box of shell is a list; got 3"),
        (
            "correlated(pairs=[shape, scale])",
            r"pairs of correlated is a list of \[…, …\], each in brackets of its own; got 'sh",
        ),
        ("where(shape == heart)", "cannot read 'shape == heart' in the regime .*; a region stands in quotes, as in where"),
        ("  ", "the text of a regime is empty; name one of grid, uniform, correlated"),
        (
            "pairs(2, exactly, 1, [], grid, grid, [], grid)",
            r"pairs takes at most 7 arguments \(k, mode, .*\); got 8",
        ),
        ("pairs(2, k=2)", "pairs is given k twice; give it once"),
        ("pairs(k=1 + 1)", r"cannot read '1 \+ 1' in the regime .*; it takes words, numbers, lists and regimes as in pairs\(k=2\)"),
        ("__import__('os').system('true')", "cannot read"),
        ("(lambda: 1)()", "cannot read"),
        ("pairs(", r"cannot read the regime 'pairs\(': .* write it as in pairs\(k=2, mode=exactly\)"),
        ("3", "expected a name such as uniform, or a call such as pairs"),
        ("no.such.module.Thing(k=2)", "regime 'no.such.module:Thing': there is no module 'no.such.module' to import"),
        ("os.path.join(k=2)", "regime 'os.path:join': expected a dataclass with the methods of factorhub.regimes.Regime"),
    ],
)
def test_mistakes_are_answered(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_text(text)


def test_data_without_a_kind_is_refused() -> None:
    with pytest.raises(InputError, match="a regime needs its kind, one of grid, uniform"):
        from_dict({"k": 2})


@dataclass(frozen=True)
class Corners(Single):
    """An outsider's regime: every factor at its lowest or highest value."""

    chance: float = 0.5

    def draw(self, base: FactorSpace, seed: int, rows: Array, stream: str = "") -> Draw:
        u = randomness.uniforms(seed, f"{stream}/corners", rows, len(base.factors))
        return Draw(np.where(u < self.chance, [f.low for f in base], [f.high for f in base]))


def test_an_outsiders_regime_serialises_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "my_regimes", sys.modules[__name__])
    monkeypatch.setattr(Corners, "__module__", "my_regimes")
    regime = Walk(3, inner=Corners(0.25))
    assert to_dict(regime)["inner"] == {"kind": "my_regimes:Corners", "version": 1, "chance": 0.25}
    assert to_text(regime) == "walk(steps=3, inner=my_regimes.Corners(chance=0.25))"
    check_regime(regime, SPRITES)


# splits


@pytest.mark.parametrize(
    "text",
    [
        "train=0.7,validation=0.2,test=0.1",
        "test=shape == square & posX > 0.5; train=rest",
        "a=shape in (square, heart) & scale < 0.9, b=shape == ellipse",
        "train=1000 * shell(box=[[posX, 0.2, 0.6]]); ood=100 * shell(box=[[posX, 0.2, 0.6]], away_max=0.1)",
    ],
)
def test_splits_come_back_equal(text: str) -> None:
    splits = Splits.from_text(text)
    assert Splits.from_text(str(splits)) == splits
    assert Splits.from_dict(json.loads(json.dumps(splits.to_dict()))) == splits


def test_region_splits_partition_the_grid() -> None:
    splits = Splits.from_text("far=posX > 0.5 & posY > 0.5; heart=shape == heart & ~(posX > 0.5 & posY > 0.5); train=rest")
    rows = np.arange(len(SPRITES))
    assigned = splits.assign(SPRITES, SPRITES.values(SPRITES.codes(rows)))
    sizes = splits.sizes(SPRITES)
    assert np.array_equal(np.bincount(assigned), list(sizes.values()))
    assert sum(sizes.values()) == len(SPRITES)
    found = []
    for name in splits.names:
        regime = splits.regime(name, Grid())
        assert regime.length(SPRITES) == sizes[name]
        found.append(SPRITES.rows(regime.draw(SPRITES, 0, np.arange(sizes[name])).codes))
    assert np.array_equal(np.sort(np.concatenate(found)), rows)


def test_published_shares_of_dmelodies() -> None:
    splits = Splits.from_text("train=0.7,validation=0.2,test=0.1")
    sizes = splits.sizes(factorhub.generator("dmelodies").space)
    assert sizes == {"train": 948_326, "validation": 270_950, "test": 135_476}
    assert splits.sizes(SPRITES, rows=10) == {"train": 7, "validation": 2, "test": 1}
    assert splits.regime("train", Uniform()) == Uniform()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train=0.7,test=0.2", "fractions of splits are above 0 and add up to 1; got train=0.7,test=0.2"),
        ("train=rest", "one split takes the rest of the others' regions"),
        ("train", r"cannot read the splits 'train': expected name=…, got 'train'"),
        ("", "cannot read the splits ''"),
        ("train=1..0,test=0", "cannot read the splits"),
    ],
)
def test_splits_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Splits.from_text(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "test=scale < 0.5; train=rest",
            "split test is empty: its region .* holds 0 of 737280 grid rows; loosen a condition",
        ),
        (
            "a=scale < 0.8; b=scale > 0.6",
            r"splits a and b overlap: 122880 grid rows lie in both; add ~\(.*\) to b, or use rest",
        ),
        ("a=scal < 0.8; b=scale > 0.6", "no factor named 'scal'"),
    ],
)
def test_splits_that_do_not_fit_state_their_sizes(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Splits.from_text(text).sizes(SPRITES)


def test_other_mistakes_about_splits() -> None:
    with pytest.raises(InputError, match="split tiny would be empty: 0.01 of 50 rows; give it a larger share or more rows"):
        Splits(("tiny", "train"), (0.01, 0.99)).sizes(SPRITES, rows=50)
    with pytest.raises(InputError, match="splits need distinct names and a fraction, region or regime for each"):
        Splits(("a", "a"), (0.5, 0.5))
    with pytest.raises(InputError, match="splits need a number of rows, at least 1, for each of a"):
        Splits(("a",), regimes=(Uniform(),))
    with pytest.raises(InputError, match="only splits by regions are read off factor values"):
        Splits(("a",), (1.0,)).assign(SPRITES, np.zeros((1, 6)))
    with pytest.raises(InputError, match="no split named 'trian'; there are train, test; did you mean 'train'"):
        Splits(("train", "test"), (0.5, 0.5)).regime("trian", Grid())
    overlap = Splits.from_text("a=posX < 0.5; b=posX < 0.6")
    with pytest.raises(InputError, match="overlap: a share of 0.5 lie in both"):
        overlap.check(SPRITES.without_grid(["posX"]))
