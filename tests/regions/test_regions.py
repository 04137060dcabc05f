"""Regions: text and record are inverse, membership agrees with exact enumeration, sizes are exact, errors say what to do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factorhub
from factorhub import randomness
from factorhub.errors import InputError, RowError
from factorhub.factors import categorical, circular, continuous, ordinal
from factorhub.regions import And, Condition, Not, Or, Region, diagram, parse
from factorhub.space import FactorSpace

SPRITES = factorhub.generator("dsprites").space
SMALL = FactorSpace(
    (
        categorical("shape", ["square", "C#", "light-blue", "in", "it's"]),
        ordinal("count", [1.0, 2.0, 5.0]),
        continuous("scale", 0.0, 1.0, grid=6),
        circular("turn", 6.0, grid=6),
    )
)
LOOSE = SMALL.without_grid(["scale", "turn"])
POINTS = SMALL.values(SMALL.codes(np.arange(len(SMALL))))

conditions = st.one_of(
    st.builds(Condition, st.just("shape"), st.sampled_from(["==", "!="]), st.sampled_from([*SMALL["shape"].grid, 0, 4])),
    st.builds(Condition, st.just("shape"), st.just("in"), st.lists(st.sampled_from(SMALL["shape"].grid), min_size=1).map(tuple)),
    st.builds(Condition, st.just("count"), st.sampled_from(["==", "<", "<=", ">", ">=", "!="]), st.sampled_from([1, 2.0, 5])),
    st.builds(Condition, st.just("scale"), st.sampled_from(["<", "<=", ">", ">="]), st.floats(-0.5, 1.5)),
    st.builds(Condition, st.just("scale"), st.just("in"), st.lists(st.sampled_from([0.0, 0.2, 0.4, 1]), min_size=1).map(tuple)),
    st.builds(Condition, st.just("turn"), st.just("between"), st.tuples(st.floats(0, 6), st.floats(0, 6))),
)
regions = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds(lambda parts: And(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)


@given(regions)
def test_text_and_record_are_inverse(region: Region) -> None:
    assert parse(str(region)) == region


@settings(deadline=None)
@given(regions)
def test_enumeration_is_membership(region: Region) -> None:
    members = np.flatnonzero(region.contains(SMALL, POINTS))
    found = diagram(region, SMALL)
    assert found.count == len(members)
    assert found.share == pytest.approx(len(members) / len(SMALL))
    assert np.array_equal(SMALL.rows(found.codes(np.arange(len(found)))), members)
    ranks = found.ranks(SMALL.codes(np.arange(len(SMALL))))
    assert np.array_equal(np.flatnonzero(ranks >= 0), members)
    assert np.array_equal(ranks[members], np.arange(len(members)))
    varying = {f.name for f, column in zip(SMALL, POINTS[members].T, strict=True) if len(set(column)) > 1}
    assert set(found.varying()) == varying


@settings(deadline=None)
@given(regions)
def test_draws_lie_in_the_region(region: Region) -> None:
    found = diagram(region, LOOSE)
    if found.share > 0:
        values = found.draw(randomness.word_columns(0, "test", np.arange(64), 4))
        assert LOOSE.inside(values).all()
        assert region.contains(LOOSE, values).all()


@settings(deadline=None)
@given(regions)
def test_the_share_is_what_uniform_draws_say(region: Region) -> None:
    values = LOOSE.from_unit(randomness.uniforms(0, "share", np.arange(4000), 4))
    assert diagram(region, LOOSE).share == pytest.approx(region.contains(LOOSE, values).mean(), abs=0.045)


@given(regions, regions)
def test_algebra(a: Region, b: Region) -> None:
    inside, other = a.contains(SMALL, POINTS), b.contains(SMALL, POINTS)
    assert np.array_equal((a & b).contains(SMALL, POINTS), inside & other)
    assert np.array_equal((a | b).contains(SMALL, POINTS), inside | other)
    assert np.array_equal((~a).contains(SMALL, POINTS), ~inside)


def test_grid_values_are_never_above_themselves() -> None:
    for factor in SPRITES:
        if factor.interval:
            for code in range(factor.size):
                value = float(factor.table[code])
                for stored in (value, float(np.float32(value)), float(f"{value:.7g}")):
                    point = SPRITES.values(np.zeros(6, int))
                    point[SPRITES.index(factor.name)] = stored
                    assert not Condition(factor.name, ">", value).contains(SPRITES, point)
                    assert Condition(factor.name, "<=", value).contains(SPRITES, point)
                    assert Condition(factor.name, ">=", value).contains(SPRITES, point)
                    assert not Condition(factor.name, "<", value).contains(SPRITES, point)


def test_seeds_are_compared_exactly() -> None:
    space = FactorSpace((ordinal("seed", range(2**32)),))
    values = np.array([[4_000_000_000.0], [4_000_000_001.0]])
    assert parse("seed == 4000000000").contains(space, values).tolist() == [True, False]
    assert parse("seed < 4000000001").contains(space, values).tolist() == [True, False]


def test_a_huge_grid_is_counted_without_being_listed() -> None:
    space = FactorSpace((*SPRITES.factors, ordinal("seed", range(2**32)), ordinal("other", range(2**20))))
    found = diagram(parse("shape == heart & seed >= 5 | other in (0, 7) & scale > 0.6"), space)
    grid, seeds, others = len(SPRITES), 2**32, 2**20
    first, second, both = grid // 3 * (seeds - 5) * others, grid * 2 // 3 * seeds * 2, grid * 2 // 9 * (seeds - 5) * 2
    assert found.count == first + second - both
    small = diagram(parse("shape == heart & scale == 1 & orientation == 0 & posX < 0.02"), FactorSpace(space.factors[:-1]))
    assert len(small) == 32 * 2**32
    assert np.array_equal(small.ranks(small.codes([0, 2**36, len(small) - 1])), [0, 2**36, len(small) - 1])


@pytest.mark.parametrize(("size", "below"), [(2**61, 1), (2**30, 2**31), (2**8, 2**53 - 1)])
def test_members_are_numbered_exactly_however_many(size: int, below: int) -> None:
    space = FactorSpace((ordinal("first", range(size)), ordinal("second", range(below))))
    ranks = [rank for code in (0, 1, size // 2, size - 1) for rank in (code * below, code * below + below - 1)]
    assert diagram(None, space).codes(ranks).tolist() == [list(divmod(rank, below)) for rank in ranks]


def test_between_goes_over_the_end_of_a_circle() -> None:
    inside = parse("turn between 5 and 1").contains(SMALL, POINTS[:6])
    assert inside.tolist() == [True, True, False, False, False, True]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("shape==heart&scale>0.6", "shape == heart & scale > 0.6"),
        ("0.6 < scale", "scale > 0.6"),
        ("0.6 <= scale < 0.8", "scale >= 0.6 & scale < 0.8"),
        ("shape not in (square, heart)", "~(shape in (square, heart))"),
        ("not shape == heart and scale > .6 or posX < 1e-1", "~(shape == heart) & scale > 0.6 | posX < 0.1"),
        ("scale between 0.6 and 0.8 and posX < 0.5", "scale between 0.6 and 0.8 & posX < 0.5"),
        ("shape == 'heart'", "shape == heart"),
        ("posX in (0.1, 0.2,)", "posX in (0.1, 0.2)"),
        ("(((posX < 1)))", "posX < 1"),
        ("tonic == C# | label == light-blue", "tonic == C# | label == light-blue"),
        ("posX == -1", "posX == -1"),
    ],
)
def test_forms_of_the_text(text: str, same: str) -> None:
    assert str(parse(text)) == same


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shape = heart", r"expected ==, !=, <, <=, >, >=, in, not in or between, got '=' at character 7; did you mean '=='\?"),
        ("shape == heart &", "expected a factor's name, '~' or '\\(', got the end"),
        ("shape == heart scale", "expected & or \\| or the end, got 'scale' at character 16"),
        ("shape in heart", "expected '\\('"),
        ("(shape == heart", "expected '\\)', got the end"),
        ("0.5 == scale", "expected <, <=, >, >= between a number and a factor"),
        ("scale between 1 or 2", "expected 'and'"),
        ("scale > ", "expected a number or a label"),
        ("", "expected a factor's name"),
        ("__import__('os')", "expected ==, !="),
    ],
)
def test_what_cannot_be_read_says_where(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shap == heart", "no factor named 'shap' in this space; it has color, shape, .*; did you mean 'shape'"),
        ("shape == hart", "no value named 'hart' in shape; it has square, ellipse, heart; did you mean 'heart'"),
        ("shape > square", "shape is categorical, so > has no meaning; use == or in"),
        ("scale == 0.64", "scale = 0.64 is not on its grid of 6 values; the nearest is 0.6"),
        ("scale > big", "scale is compared with numbers; it takes 0.5 … 1; got 'big'"),
        ("scale between 0.8 and 0.6", "scale between needs low <= high; got 0.8 and 0.6"),
    ],
)
def test_what_does_not_fit_the_space_says_what_would(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        diagram(parse(text), SPRITES)


def test_records_are_checked() -> None:
    with pytest.raises(InputError, match="no operator named '=' in a condition; it has =="):
        Condition("scale", "=", 1.0)
    with pytest.raises(InputError, match="scale in needs a tuple of values; got 1.0"):
        Condition("scale", "in", 1.0)
    with pytest.raises(InputError, match="scale > needs one value; got \\(1.0, 2.0\\)"):
        Condition("scale", ">", (1.0, 2.0))
    with pytest.raises(InputError, match="scale between needs two values, low and high; got \\(1.0,\\)"):
        Condition("scale", "between", (1.0,))
    with pytest.raises(InputError, match="scale is compared with labels and finite numbers; got nan"):
        Condition("scale", "<", math.nan)
    with pytest.raises(InputError, match="And joins at least two regions; got 1; one stands for itself"):
        And((Condition("scale", ">", 0.6),))
    with pytest.raises(InputError, match="both kinds of quotes"):
        str(Condition("shape", "==", "'\""))
    assert Condition("scale", "==", np.float64(0.5)) == Condition("scale", "==", 0.5)


def test_rows_past_the_end_are_refused() -> None:
    found = diagram(parse("shape == heart"), SPRITES)
    with pytest.raises(RowError, match="rows of this region run from 0 to 245759; got 245760"):
        found.codes([245760])
    with pytest.raises(InputError, match="rows are integers; got float64"):
        found.codes([0.5])
    with pytest.raises(InputError, match="posX has no grid, so the space has no length"):
        len(diagram(parse("shape == heart"), SPRITES.without_grid(["posX"])))


def test_a_tangled_region_is_refused() -> None:
    names = [f"x{i}" for i in range(40)]
    space = FactorSpace(tuple(categorical(name, "ab") for name in names))
    pairs = [parse(f"x{i} == a & x{39 - i} == a") for i in range(20)]
    with pytest.raises(InputError, match="needs more than 10000 cases to enumerate; write it with fewer conditions"):
        diagram(Or(tuple(pairs)), space)


def test_nothing_is_drawn_from_an_empty_region() -> None:
    empty = diagram(parse("scale < 0.55 & scale > 0.95"), SPRITES)
    with pytest.raises(InputError, match="nothing can be drawn from an empty region"):
        empty.draw(np.zeros((len(SPRITES.factors), 3), dtype=np.uint64))
