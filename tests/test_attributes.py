"""Attributes: stored beside factors, exact in regions, harmless to rows, and never run from a file."""

import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factorhub
from factorhub.attributes import Attribute, attribute
from factorhub.build.recipes import Recipe
from factorhub.errors import InputError
from factorhub.factors import categorical
from factorhub.regions import diagram, parse
from factorhub.space import FactorSpace

OFFERING = [name for name in factorhub.generators() if name != "degraded" and factorhub.generator(name).attributes]


def big(scale, shape):
    return (scale > 0.7) & (shape == 2)


BIG = attribute(categorical("big", ["false", "true"]), big)
WRONG = attribute(categorical("big", ["false", "true"]), lambda scale: np.zeros(3))


@pytest.mark.parametrize("name", OFFERING)
def test_offered_attributes_take_values_that_they_declare(name):
    made = factorhub.generator(name)
    made = factorhub.generator(name, derive=[item.name for item in made.attributes])
    drawn = factorhub.recipe(made, rows=4000, seed=3).source()
    batch = drawn.read(np.arange(4000), [item.name for item in made.attributes])
    for item in made.attributes:
        assert item.factor.description
        assert len(np.unique(batch[item.name])) > 1, "an attribute that is always the same tells nothing"
        back = drawn.read(np.arange(3999, -1, -7), [item.name])[item.name]
        assert (back == batch[item.name][::-7]).all()


def test_the_quarter_of_a_sprite_is_where_its_pixels_are():
    drawn = factorhub.recipe("dsprites", rows=300, derive="quadrant").source().read(np.arange(300))
    y, x = np.mgrid[:64, :64]
    mass = drawn["image"].sum(axis=(1, 2))
    down, right = ((drawn["image"] * axis).sum(axis=(1, 2)) / mass >= 31.5 for axis in (y, x))
    near = np.abs((drawn["image"] * y).sum(axis=(1, 2)) / mass - 31.5) < 3
    near |= np.abs((drawn["image"] * x).sum(axis=(1, 2)) / mass - 31.5) < 3
    assert (drawn["quadrant"] == 2 * down + right)[~near].all()
    assert (~near).sum() > 150


REGIONS = ["large == true", "area > 0.5", "large == true & shape == heart | area < 0.3", "~(mixed == true) & posX > 0.4"]


@pytest.mark.parametrize("text", REGIONS)
def test_members_of_regions_of_attributes_are_counted_and_found_exactly(text):
    derive = {"large": "scale > 0.7", "area": "scale * scale", "mixed": "scale > 0.6 & shape == heart | posX > 0.5"}
    space = factorhub.generator("dsprites", grid="clean", derive=derive).space
    members = diagram(parse(text), space)
    every = np.arange(0, len(space), 7)
    inside = parse(text).contains(space, space.values(space.codes(every)))
    ranks = members.ranks(space.codes(every))
    assert ((ranks >= 0) == inside).all()
    found = members.codes(np.arange(0, len(members), 11))
    assert parse(text).contains(space, space.values(found)).all()
    assert members.share == pytest.approx(len(members) / len(space))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=60, max_size=60), st.integers(0, 3), st.booleans())
def test_any_table_of_an_attribute_is_enumerated_exactly(table, wanted, negated):
    truths = np.reshape(table, (3, 4, 5))
    factors = tuple(categorical(name, [f"{name}{i}" for i in range(size)]) for name, size in zip("abc", (3, 4, 5), strict=True))
    item = Attribute(
        categorical("t", ["0", "1", "2", "3"]), ("c", "a", "b"), f"a table of {table}",
        lambda c, a, b: truths[a.astype(int), b.astype(int), c.astype(int)],
    )  # fmt: skip
    space = FactorSpace(factors, attributes=(item,))
    region = parse(f"t == '{wanted}' | a == a1 & t != '{wanted}'")
    region = ~region if negated else region
    inside = region.contains(space, space.values(space.codes(np.arange(60))))
    members = diagram(region, space)
    assert len(members) == inside.sum()
    if inside.any():
        assert (space.rows(members.codes(np.arange(len(members)))) == np.flatnonzero(inside)).all()


def test_a_set_keeps_attributes_and_is_asked_for_them(tmp_path):
    derive = {"large": "scale > 0.7 & shape == heart", "area": "scale * scale"}
    splits = {"test": "large == true", "train": "large == false"}
    made = factorhub.generate("dsprites", tmp_path / "set", grid="clean", derive=derive, splits=splits)
    found = factorhub.open(tmp_path / "set")
    values = found.read(np.arange(len(found)), ["shape", "scale_value"])
    large = (values["shape"] == 2) & (values["scale_value"] > 0.7)
    assert (found.lookup(large="true") == np.flatnonzero(large)).all()
    assert (
        found.where("area > 0.5 & shape == square") == np.flatnonzero((values["scale_value"] ** 2 > 0.5) & (values["shape"] == 0))
    ).all()
    assert set(factorhub.open(tmp_path / "set", split="train")["large"]) == {0}
    assert found[5]["area"] == pytest.approx(values["scale_value"][5] ** 2)
    assert found.space == made.space
    assert found.space.attributes[0].compute is None
    with pytest.raises(
        InputError, match="area was read from a file, which says that it follows by scale \\* scale and runs nothing"
    ):
        parse("area > 0.5").contains(found.space, np.zeros((1, 6)))
    assert Recipe.from_dict(found.recipe).source().space.attributes[1].compute is not None


def test_attributes_of_a_part_of_the_grid_are_asked_for_with_all_factors(tmp_path):
    found = factorhub.generate("dsprites", tmp_path / "set", rows=2000, derive="quadrant")
    labels = np.array(["upper left", "upper right", "lower left", "lower right"])[found["quadrant"]]
    assert (found.lookup(quadrant="upper left") == np.flatnonzero(labels == "upper left")).all()
    one = found.factors(7)
    assert found.lookup(one, quadrant=labels[7]).tolist() == [7]
    assert found.lookup(one, quadrant="upper left" if labels[7] != "upper left" else "lower left").size == 0


def test_attributes_alter_no_row():
    with_them = factorhub.recipe("shapes3d", rows=50, derive="equal_hues").source().read(np.arange(50))
    without = factorhub.recipe("shapes3d", rows=50).source().read(np.arange(50))
    assert all((with_them[name] == without[name]).all() for name in without)
    assert "derive" not in factorhub.generator("shapes3d").options


def test_a_function_of_ones_own_is_named_as_a_module_has_it():
    made = factorhub.generator("dsprites", derive={"big": f"{__name__}:BIG"})
    assert pickle.loads(pickle.dumps(made)).space == made.space
    values = made.space.values(made.space.codes(np.arange(0, len(made.space), 999)))
    assert (made.space.column(values, "big") == big(values[..., 2], values[..., 1])).all()
    wrong = factorhub.generator("dsprites", derive={"big": f"{__name__}:WRONG"})
    with pytest.raises(InputError, match=r"returns one number of big a row, shape \(1,\); got \(3,\)"):
        wrong.space.column(values[:1], "big")


def test_pairs_and_sequences_have_an_attribute_of_each_member():
    drawn = factorhub.recipe("dmelodies", rows=40, regime="where('contour == concave', pairs(k=2))", derive="contour").source()
    assert drawn.read(np.arange(40))["contour"].tolist() == [[3, 3]] * 40


def test_off_the_grid_regions_of_attributes_are_drawn_again_until_they_fit():
    drawn = factorhub.recipe("dsprites", rows=500, regime="where('area > 0.8', uniform)", derive="area=scale*scale").source()
    assert (drawn.read(np.arange(500), ["scale_value"])["scale_value"] ** 2 > 0.8 - 1e-5).all()


@pytest.mark.parametrize(("inverse", "sign"), [("pairs", 1), ("inverse", -1)])
def test_an_attribute_correlates_with_a_factor(inverse, sign):
    regime = f"correlated({inverse}=[[syncopation, octave]], sigma=0.2)"
    drawn = factorhub.recipe("dmelodies", rows=2000, regime=regime, derive="syncopation").source()
    found = drawn.read(np.arange(2000), ["syncopation", "octave", "tonic"])
    assert sign * np.corrcoef(found["syncopation"], found["octave"])[0, 1] > 0.5
    assert abs(np.corrcoef(found["syncopation"], found["tonic"])[0, 1]) < 0.1
    again = drawn.read(np.arange(1000, 1100)[::-1], ["syncopation"])
    assert (again["syncopation"] == found["syncopation"][1000:1100][::-1]).all()


def test_a_correlated_attribute_has_the_density_that_it_says():
    drawn = factorhub.recipe(
        "dsprites", rows=60_000, regime="correlated(pairs=[[side, shape]], sigma=0.5, on_grid=true)", derive={"side": "posX > 0.5"}
    ).source()
    found = drawn.read(np.arange(60_000), ["side", "shape"])
    counts = np.zeros((2, 3))
    np.add.at(counts, (found["side"], found["shape"]), 1)
    expected = np.exp(-((np.array([0, 1])[:, None] - np.array([0, 0.5, 1])) ** 2) / (2 * 0.5**2))
    expected *= len(drawn) / expected.sum()
    assert (((counts - expected) ** 2 / expected).sum()) < 20.5  # chi-square with 5 degrees of freedom, 0.1%


def test_rules_give_each_class_equally_many_combinations_and_follow_from_what_they_read():
    regime = "tasks(tasks=6, head=rule, classes=5, reads=2, factors=[contour, scale, rhythmic_complexity])"
    drawn = factorhub.recipe("dmelodies", rows=3000, regime=regime, derive="contour; rhythmic_complexity").source()
    found = drawn.read(np.arange(3000))
    (column,) = (column for column in drawn.columns if column.name == "targets")
    meta = column.attributes["meta"]
    for task, rule in enumerate(meta["rules"]):
        classes = np.array(rule["classes"])
        counts = np.bincount(classes.reshape(-1), minlength=5)
        assert counts.max() - counts.min() <= 1
        codes = tuple(found[meta["factors"][j]] for j in rule["reads"])
        assert (found["targets"][:, task] == classes[codes]).all()


def test_rules_divide_intervals_into_quarters():
    drawn = factorhub.recipe(
        "shapes3d", rows=2000, regime="tasks(uniform, tasks=2, head=rule, reads=1, classes=4)".replace("uniform, ", "")
    ).source()
    found = drawn.read(np.arange(2000))
    (column,) = (column for column in drawn.columns if column.name == "targets")
    meta = column.attributes["meta"]
    for task, rule in enumerate(meta["rules"]):
        factor = drawn.space.factors[rule["reads"][0]]
        part = (
            np.minimum((factor.to_unit(found[factor.name + "_value"]) * 4).astype(int), 3)
            if factor.interval
            else found[factor.name]
        )
        assert (found["targets"][:, task] == np.array(rule["classes"])[part]).all()


MISTAKES = [
    ({"contur": "contur"}, "no attribute named 'contur' in dmelodies; it has contour,.*did you mean 'contour'"),
    ({"a": "scael * 2"}, "no factor named 'scael'.*did you mean 'scale'"),
    ({"tonic": "octave * 2"}, "factor names are distinct; got tonic,"),
    ({"a": "1 + 1"}, "the attribute a follows from factors; got '1 \\+ 1', which names none"),
    ({"a": "1 / (octave - 5)"}, "a = 1 / \\(octave - 5\\) is a number at every point of the grid; got inf somewhere"),
    ({"a": "os:system"}, "'os:system' is to be a factorhub.attributes.Attribute"),
    ({"a": "__import__('os')"}, "the formula of a is arithmetic"),
    (3, "derive is \\{name: rule\\}"),
    ({"a": 3}, "derive is \\{name: rule\\}"),
]


@pytest.mark.parametrize(("derive", "answer"), MISTAKES)
def test_mistakes_are_answered_in_one_line(derive, answer):
    with pytest.raises(InputError, match=answer) as caught, np.errstate(divide="ignore"):
        factorhub.generator("dmelodies", derive=derive)
    assert "\n" not in str(caught.value)


def test_a_recipe_from_a_file_imports_no_module_for_an_attribute():
    data = {"generator": "dsprites", "options": {"derive": {"a": "antigravity:fly"}}}
    with pytest.raises(InputError, match="derives an attribute by 'antigravity:fly', whose code would be imported and run; if you"):
        Recipe.from_dict(data)
    assert "antigravity" not in sys.modules


def test_a_rule_that_cannot_have_so_many_classes_says_so():
    with pytest.raises(InputError, match="a rule of 200 classes has 200 to 65,536 combinations; .* have"):
        factorhub.recipe("dsprites", rows=10, regime="tasks(head=rule, classes=200, factors=[shape, scale])").source().columns  # noqa: B018


def test_regions_of_attributes_of_too_many_points_are_refused_on_a_grid():
    made = factorhub.generator("dsprites", derive={"a": "posX * posY"})
    space = made.space.without_grid(["posX"])
    with pytest.raises(
        InputError, match="'a > 0.5' is enumerated on grids of at most .* points of posX, posY, which these are not"
    ):
        diagram(parse("a > 0.5"), space)
