"""Graphs: their statistics are those of their factors, and what they say of nodes is what made the edges."""

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.graphs.concept_graphs import mixing
from factorhub.loaders.graphs import edge_index, edges
from factorhub.testing import sample

CRITICAL = {1: 10.83, 3: 16.27, 4: 18.47, 5: 20.52, 7: 24.32}  # of chi-square at 0.1%, by degrees of freedom


def drifting(rows=200, **named):
    """Graphs of one point of the space under many seeds."""
    made = factorhub.generator("drifting_graphs", nodes=60, steps=6)
    values = made.space.point(**named, graph_seed=np.arange(rows))
    return made.render(values)


def test_edges_have_the_chances_that_the_factors_say():
    named = {"communities": 3, "interests": 4, "within": 0.4, "between": 0.05, "pull": 0.2, "drift": 0.3}
    batch = drifting(**named)
    same = batch["community"][:, None, :, None] == batch["community"][:, None, None, :]
    like = batch["interest"][..., :, None] == batch["interest"][..., None, :]
    upper = np.triu(np.ones((60, 60), dtype=bool), 1)
    total = 0.0
    for community in (False, True):
        for interest in (False, True):
            chance = (0.4 if community else 0.05) + (0.2 if interest else 0.0)
            chosen = (same == community) & (like == interest) & upper
            count, joined = chosen.sum(), batch["adjacency"][chosen].sum()
            total += (joined - count * chance) ** 2 / (count * chance * (1 - chance))
    assert total < CRITICAL[4]


def test_matrices_are_symmetric_without_loops():
    matrices = drifting(rows=20, pull=0.3, within=0.6, drift=0.5, spread=0.5)["adjacency"]
    assert (matrices == np.swapaxes(matrices, -1, -2)).all()
    assert not np.einsum("...ii->...i", matrices).any()
    assert set(np.unique(matrices)) == {0, 1}


def test_communities_are_even_and_static_and_interests_drift():
    batch = drifting(rows=400, communities=5, interests=6, drift=0.3)
    counts = np.bincount(batch["community"].reshape(-1), minlength=5)
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < CRITICAL[4]
    moved = batch["interest"][:, 1:] != batch["interest"][:, :-1]
    expected = moved.size * 0.3
    assert (moved.sum() - expected) ** 2 / (moved.size * 0.3 * 0.7) < CRITICAL[1]
    steps = (batch["interest"][:, 1:].astype(int) - batch["interest"][:, :-1])[moved] % 6
    counts = np.bincount(steps, minlength=6)[1:]
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < CRITICAL[4]
    still = drifting(rows=20, drift=0.0)["interest"]
    assert (still == still[:, :1]).all()


def test_spread_makes_degrees_uneven():
    def variance(spread):
        degrees = drifting(rows=100, communities=2, within=0.6, spread=spread)["adjacency"].sum(axis=-1)
        return (degrees.std(axis=-1) / degrees.mean(axis=-1)).mean()

    assert variance(1.0) > 1.5 * variance(0.0)


def test_lists_of_edges_hold_the_same_graphs():
    dense = factorhub.generator("drifting_graphs", nodes=40, steps=3, density=0.2)
    listed = factorhub.generator("drifting_graphs", nodes=40, steps=3, density=0.2, edges=True)
    values = sample(dense.space, 30)
    first, second = dense.render(values), listed.render(values)
    for row in range(30):
        one, two = ({name: array[row] for name, array in batch.items()} for batch in (first, second))
        for step in range(3):
            assert (edges(one, step) == edges(two, step)).all()
    assert (second["edges"][second["edge_count"][..., None] <= np.arange(second["edges"].shape[2])] == -1).all()
    assert (listed.pictures(second) == dense.pictures(first)).all()


def test_concepts_follow_their_causal_model():
    made = factorhub.generator("concept_graphs", nodes=200)
    effects = {"effect_12": 0.6, "effect_13": -0.3, "effect_23": 0.5}
    batch = made.render(made.space.point(**effects, graph_seed=np.arange(100)))
    first, second, third = np.moveaxis(batch["concepts"].reshape(-1, 3), -1, 0)
    assert np.allclose([first.var(), second.var(), third.var()], 1, atol=0.05)
    assert np.polyfit(first, second, 1)[0] == pytest.approx(0.6, abs=0.03)
    fitted = np.linalg.lstsq(np.stack([first, second], 1), third, rcond=None)[0]
    assert np.allclose(fitted, [-0.3, 0.5], atol=0.03)


def test_an_intervention_sets_a_concept_and_reaches_only_what_it_causes():
    made = factorhub.generator("concept_graphs")
    effects = {"effect_12": 0.8, "effect_13": 0.5, "effect_23": 0.5, "graph_seed": 7}
    free = made.render(made.space.point(**effects))["concepts"]
    held = {
        name: made.render(made.space.point(**effects, intervention=name, level=1.0))["concepts"]
        for name in ("first", "second", "third")
    }
    assert (held["first"][:, 0] == 1.0).all()
    assert np.allclose(held["first"][:, 1], free[:, 1] + 0.8 * (1.0 - free[:, 0]))
    assert (held["second"][:, 0] == free[:, 0]).all()
    assert (held["second"][:, 1] == 1.0).all()
    assert np.allclose(held["second"][:, 2], free[:, 2] + 0.5 * (1.0 - free[:, 1]))
    assert (held["third"][:, :2] == free[:, :2]).all()


def test_nodes_that_are_alike_are_joined_as_often_as_said():
    made = factorhub.generator("concept_graphs")
    batch = made.render(made.space.point(effect_12=0.4, sharpness=2.0, density=0.8, graph_seed=np.arange(300)))
    far = ((batch["concepts"][:, :, None] - batch["concepts"][:, None]) ** 2).sum(axis=-1)
    chance = 0.8 * np.exp(-2.0 * far / 3)
    upper = np.triu(np.ones((50, 50), dtype=bool), 1)
    total = 0.0
    for low, high in ((0, 0.5), (0.5, 1.5), (1.5, 4), (4, 30)):
        chosen = (far >= low) & (far < high) & upper
        p, joined = chance[chosen], batch["adjacency"][chosen].sum()
        total += (joined - p.sum()) ** 2 / (p * (1 - p)).sum()
    assert total < CRITICAL[4]


def test_features_are_the_concepts_through_a_fixed_mixing():
    made = factorhub.generator("concept_graphs", nodes=500)
    batch = made.render(made.space.point(graph_seed=3))
    x = batch["concepts"] @ mixing(8)
    rest = batch["features"] - x / (1 + np.abs(x))
    assert rest.std() == pytest.approx(0.1, rel=0.05)


def choices(**named):
    made = factorhub.generator("intents", users=50, items=80, choices=10)
    return made.render(made.space.point(**named, graph_seed=np.arange(200)))


def test_choices_follow_tastes_and_chance_has_its_share():
    batch = choices(intents=5, sharpness=2.0, noise=0.2)
    made = batch["intent"] > 0
    assert (made == batch["interactions"]).all()
    assert (made.sum(axis=2) <= 10).all()
    share = (batch["intent"] == 255).sum() / made.sum()
    assert share == pytest.approx(0.2, abs=0.02)  # choices of an item that was taken are made again
    items = np.broadcast_to(batch["item_intent"][:, None], made.shape)
    own = made & (batch["intent"] != 255)
    assert (batch["intent"][own] == items[own]).all()
    assert np.allclose(batch["taste"].sum(axis=2), 1)
    assert not batch["taste"][..., 5:].any()


def test_without_noise_and_sharpness_all_intents_are_chosen_alike():
    batch = choices(intents=4, sharpness=0.0, noise=0.0)
    assert not (batch["intent"] == 255).any()
    counts = np.array([(batch["intent"] == k).sum() for k in range(1, 5)])
    assert counts.std() / counts.mean() < 0.05  # not chi-square: small groups of items run out
    assert np.allclose(batch["taste"][..., :4], 0.25)


def test_popular_items_are_chosen_more():
    flat, steep = (choices(intents=2, popularity=p)["interactions"].sum(axis=(0, 1)) for p in (0.0, 1.0))
    assert steep[:10].sum() > 1.5 * flat[:10].sum()


@pytest.mark.parametrize(
    ("name", "options", "answer"),
    [
        ("drifting_graphs", {"nodes": 1}, "drifting_graphs has 2 to 4096 nodes, .* got 1, 10 and 1"),
        ("drifting_graphs", {"density": 0.0}, "a density above 0 up to 1; got 100, 10 and 0"),
        ("concept_graphs", {"features": 0}, "concept_graphs has 2 to 1024 nodes and 1 to 256 features; got 50 and 0"),
        ("intents", {"choices": 60}, "up to half as many choices; got 64, 96 and 60"),
    ],
)
def test_impossible_graphs_are_refused(name, options, answer):
    with pytest.raises(InputError, match=answer):
        factorhub.generator(name, **options)


def first_row(name, **options):
    rows = factorhub.recipe(name, rows=3, options=options).source()
    return {field: array[0] for field, array in rows.read([0]).items()}


def test_networkx_takes_edges():
    networkx = pytest.importorskip("networkx")
    row = first_row("concept_graphs")
    graph = networkx.Graph()
    graph.add_nodes_from(range(50))
    graph.add_edges_from(edges(row).tolist())
    assert (networkx.to_numpy_array(graph, dtype=np.uint8) == row["adjacency"]).all()
    row = first_row("drifting_graphs", nodes=30, steps=4)
    assert networkx.Graph(edges(row, 2).tolist()).number_of_edges() == row["adjacency"][2].sum() // 2


def test_torch_geometric_takes_an_edge_index():
    torch = pytest.importorskip("torch")
    data = pytest.importorskip("torch_geometric.data")
    row = first_row("concept_graphs")
    graph = data.Data(x=torch.from_numpy(row["features"]), edge_index=torch.from_numpy(edge_index(row)))
    assert graph.validate()
    assert graph.is_undirected()
    assert graph.num_edges == row["adjacency"].sum()
    row = first_row("intents")
    assert (edge_index(row) == np.stack(np.nonzero(row["interactions"]))).all()


@pytest.mark.parametrize(
    ("row", "step", "answer"),
    [
        ({"image": np.zeros((2, 2))}, None, "a row with a graph has one of adjacency, edges, interactions; got image"),
        ({"adjacency": np.zeros((3, 4, 4))}, None, "changes over time; got step None; name one of its 3 steps"),
        ({"adjacency": np.zeros((3, 4, 4))}, 3, "step is a whole number from 0 to 2; got 3"),
        ({"adjacency": np.zeros((4, 4))}, 0, "has no time; got step 0; leave step out"),
        ({"adjacency": np.zeros((2, 3, 4, 4))}, 0, "without an axis of rows; got shape"),
    ],
)
def test_rows_without_such_a_graph_are_refused(row, step, answer):
    with pytest.raises(InputError, match=answer):
        edges(row, step)
