"""Causal models whose factors follow formulas: the causal scenes observed, intervened on, and counterfactual."""

import numpy as np
import pytest

import factorhub
from factorhub.dsprites_like.causal_flow import FORMULAS as FLOW
from factorhub.dsprites_like.causal_pendulum import FORMULAS as PENDULUM
from factorhub.errors import InputError
from factorhub.regimes import Causal, Counterfactual, Do, Formula, Mechanism, from_dict, from_text, to_dict, to_text
from factorhub.testing import check_regime

SCENES = {"causal_pendulum": PENDULUM, "causal_flow": FLOW}
ROWS = np.arange(40)


def scene(name):
    return factorhub.generator(name, size=32), factorhub.generator(name, size=32, intervene="all")


@pytest.mark.parametrize("name", SCENES)
def test_contract(name):
    _, every = scene(name)
    effects = every.space.names[-2:]
    check_regime(Causal(SCENES[name]), every.space)
    check_regime(Causal(SCENES[name], (Do(effects[0]), Do(every.space.names[0]))), every.space)
    check_regime(Counterfactual(Causal(SCENES[name]), ((Do(effects[0], 4.0),), (Do(effects[1]),))), every.space)


@pytest.mark.parametrize("name", SCENES)
def test_a_model_with_the_formulas_of_a_scene_draws_the_scene_itself(name):
    """Observed rows over all variables are, bit for bit, what the generator of the causes makes of the same causes."""
    causes, every = scene(name)
    values = Causal(SCENES[name]).draw(every.space, 3, ROWS).values
    left = causes.render(values[:, : len(causes.space.names)])
    np.testing.assert_array_equal(left["causal"], values)
    np.testing.assert_array_equal(left["image"], every.render(values)["image"])


def test_a_counterfactual_pair_differs_in_the_target_and_what_follows_it():
    _, every = scene("causal_flow")
    pair = Counterfactual(Causal(FLOW), ((Do("water_height", 4.5),), (Do("reach", 5.0),), (Do("poured", 3.0),)))
    drawn = pair.draw(every.space, 0, ROWS)
    before, after = drawn.values[:, 0], drawn.values[:, 1]
    changed = {"water_height": {"water_height", "reach"}, "reach": {"reach"}, "poured": {"poured", "water_height", "reach"}}
    for which, (target, moved) in enumerate(changed.items()):
        here = drawn.extras["intervention"] == which
        assert here.any()
        for i, factor in enumerate(every.space.names):
            assert (before[here, i] != after[here, i]).all() == (factor in moved)
            assert (before[here, i] == after[here, i]).all() == (factor not in moved)
        assert drawn.extras["intervened"][here][:, every.space.index(target)].all()
    height, hole = after[:, every.space.index("water_height")], after[:, every.space.index("hole")]
    followed = drawn.extras["intervention"] != 1
    np.testing.assert_allclose(after[followed, -1], np.sqrt(1.96 * height * (hole - 0.5))[followed], rtol=1e-14)


def test_causes_may_have_mechanisms_and_a_formula_may_take_their_place():
    _, every = scene("causal_pendulum")
    tied = Mechanism("light_angle", ("pendulum_angle",), (0.9,), noise=0.4)
    drawn = Causal((tied, *PENDULUM)).draw(every.space, 0, np.arange(2000)).values
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] > 0.7
    soft = Causal(PENDULUM, (Formula("shadow_length", "4 + pendulum_angle"),)).draw(every.space, 0, ROWS).values
    np.testing.assert_array_equal(soft[:, 2], 4 + soft[:, 0])
    loud = Causal(PENDULUM, (Mechanism("shadow_length", ("light_angle",), (1.0,)),)).draw(every.space, 0, np.arange(2000)).values
    assert abs(np.corrcoef(loud[:, 1], loud[:, 2])[0, 1]) > 0.5


def test_a_model_with_formulas_comes_back_from_data_and_text():
    model = Causal((Mechanism("light_angle", ("pendulum_angle",), (0.5,)), *PENDULUM), (Do("shadow_length", 9.0),))
    assert from_dict(to_dict(model)) == model
    assert from_text(to_text(model)) == model
    _, every = scene("causal_pendulum")
    graph = model.extras(every.space)[0].meta["graph"]
    assert ["light_angle", "shadow_position"] in graph
    assert ["pendulum_angle", "light_angle"] in graph


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (
            Causal((Formula("reach", "water_height"), Formula("water_height", "reach"))),
            "follow each other in a circle: reach, water_height",
        ),
        (
            Causal((*FLOW, Mechanism("hole", ("reach",), (1.0,)))),
            "hole has the parent reach, which follows a formula; give hole a formula",
        ),
        (Causal((Formula("hole", "poured"),), on_grid=True), "a formula gives any number, and hole stays on its grid"),
        (Causal((Formula("reach", "poured + 90"),)), "reach takes 1.6 … 7; got 9"),
        (Causal((Formula("reach", "pored"),)), "no factor named 'pored' in this space; .* did you mean 'poured'"),
    ],
)
def test_errors(model, text):
    _, every = scene("causal_flow")
    with pytest.raises(InputError, match=text):
        model.draw(every.space, 0, ROWS)


def test_formulas_have_no_precision_matrix():
    _, every = scene("causal_flow")
    with pytest.raises(InputError, match=r"precision matrix; water_height has ball_radius \* ball_radius"):
        Causal(FLOW).precision(every.space)
