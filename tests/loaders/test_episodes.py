"""Episodes: classes as asked for, no row twice, and each a pure function of seed and number."""

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.loaders.episodes import Episodes, few

ROWS = factorhub.recipe("dsprites", rows=6000, seed=2).source()
LABELS = ["shape", "scale", "posX"]


@pytest.mark.parametrize("by", [["shape"], ["shape", "scale"], "posX"])
def test_an_episode_has_its_classes_and_no_row_twice(by):
    way, shot, query = 3, 2, 5
    episodes = Episodes(ROWS, way=way, shot=shot, query=query, by=by, columns=LABELS, episodes=20)
    names = [by] if isinstance(by, str) else by
    for batch in episodes:
        assert len(np.unique(batch["row"])) == way * (shot + query)
        assert batch["support"].sum() == way * shot
        classes = np.stack([batch[name] for name in names], axis=1)
        for part, each in ((batch["support"], shot), (~batch["support"], query)):
            assert (np.bincount(batch["label"][part]) == each).all()
        found = {tuple(classes[batch["label"] == label].tolist()[0]) for label in range(way)}
        assert len(found) == way
        assert all(len(np.unique(classes[batch["label"] == label], axis=0)) == 1 for label in range(way))


def test_an_episode_depends_on_seed_and_number_alone():
    first, second = (Episodes(ROWS, by="shape", way=3, query=4, columns=LABELS, seed=seed) for seed in (5, 5))
    assert all((first[8][name] == second[8][name]).all() for name in first[8])
    rows = [tuple(first[i]["row"]) for i in (3, 8, 3)]
    assert rows[0] == rows[2] != rows[1]
    assert (Episodes(ROWS, by="shape", way=3, query=4, columns=LABELS, seed=6)[8]["row"] != first[8]["row"]).any()


def test_classes_and_rows_are_drawn_evenly():
    episodes = Episodes(ROWS, by="scale", way=2, shot=1, query=0, columns=["scale"], episodes=3000)
    scales = np.concatenate([batch["scale"] for batch in episodes])
    counts = np.bincount(scales, minlength=6)
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5  # chi-square with 5 degrees of freedom, 0.1%
    drawn = few(1, "test", np.arange(20_000), 7, 3)
    for place in range(3):
        counts = np.bincount(drawn[:, place], minlength=7)
        assert ((counts - 20_000 / 7) ** 2 / (20_000 / 7)).sum() < 22.5
    assert all(len(set(row)) == 3 for row in drawn.tolist())


def test_sets_and_groups_have_episodes_too(tmp_path):
    stored = factorhub.generate("robot_arm", tmp_path / "set", rows=3000, size=32)
    batch = Episodes(stored, by="identity", way=4, shot=1, query=2)[0]
    assert batch["image"].shape == (12, 32, 32, 3)
    same = [batch[name][batch["label"] == 1] for name in ("object_color", "object_shape", "object_size")]
    assert all(len(set(codes.tolist())) == 1 for codes in same)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"by": "shape", "way": 4}, "episodes of 4 classes by shape; got 3 with at least 16 rows; lower way, shot or query"),
        ({"by": "shap"}, "no factor named 'shap'"),
        ({"by": "shape", "way": 1}, "way is a whole number from 2; got 1"),
    ],
)
def test_impossible_episodes_are_refused(asked, answer):
    with pytest.raises(InputError, match=answer):
        Episodes(ROWS, **asked)


def test_values_off_the_grid_are_no_classes():
    loose = factorhub.recipe("dsprites", rows=100, regime="uniform").source()
    with pytest.raises(InputError, match="scale has none here; take rows drawn on the grid"):
        Episodes(loose, by="scale")
