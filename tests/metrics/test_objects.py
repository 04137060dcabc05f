"""Scores of scenes: maps against maps, slots against objects, beside what was measured of known predictions."""

from __future__ import annotations

import numpy as np
import pytest

from factorhub import metrics
from factorhub.errors import InputError
from factorhub.factors import categorical, continuous
from factorhub.metrics.objects.slot_dci import aligned
from tests.metrics.test_calibration import circles

TRUE = np.stack([circles(np.random.default_rng([7, n])) for n in range(40)])
Y, X = np.mgrid[:64, :64]
PREDICTED: dict[str, tuple[np.ndarray, tuple[tuple[float, float], ...]]] = {
    # fg_ari, mbo, miou, covering: lowest and highest
    "perfect": (TRUE, ((1, 1), (1, 1), (1, 1), (1, 1))),
    "background cut in two": (np.where(TRUE > 0, TRUE + 2, X // 32), ((1, 1), (1, 1), (1, 1), (1, 1))),
    "16 square blocks": (np.broadcast_to(Y // 16 * 4 + X // 16, TRUE.shape), ((0.4, 0.6), (0.25, 0.4), (0.25, 0.4), (0.28, 0.43))),
    "4 vertical stripes": (np.broadcast_to(X // 16, TRUE.shape), ((0.3, 0.5), (0.1, 0.18), (0.07, 0.15), (0.1, 0.2))),
    "one slot": (np.zeros_like(TRUE), ((0, 0), (0.02, 0.06), (0.0, 0.04), (0.02, 0.08))),
    "all objects in one slot": ((TRUE > 0).astype(int), ((0, 0), (0.2, 0.33), (0.05, 0.2), (0.22, 0.36))),
    "random of 7 slots": (
        np.random.default_rng(0).integers(0, 7, TRUE.shape),
        ((-0.01, 0.01), (0.02, 0.06), (0.02, 0.06), (0.03, 0.07)),
    ),
}


@pytest.mark.parametrize("name", PREDICTED)
def test_known_predictions_score_as_measured(name: str) -> None:
    pred, ranges = PREDICTED[name]
    for metric, (low, high) in zip(("fg_ari", "mbo", "miou", "covering"), ranges, strict=True):
        score = metrics.metric(metric)(TRUE, pred)
        assert low - 1e-9 <= score <= high + 1e-9, (metric, score)
        assert score.settings["N"] == 40
    assert metrics.covering(TRUE, pred).parts["unweighted"] == pytest.approx(float(metrics.mbo(TRUE, pred)))


def test_pictures_without_objects_are_left_out_and_maps_that_do_not_fit_refused() -> None:
    both = np.stack([TRUE[0], np.zeros_like(TRUE[0])])
    score = metrics.mbo(both, both)
    assert score == 1
    assert score.warnings == ("left out, for they have no object: 1 of 2 images",)
    with pytest.raises(InputError, match="mbo needs a true object; got 1 maps of background only"):
        metrics.mbo(both[1:], both[1:])
    with pytest.raises(InputError, match=r"maps of objects and of slots have one shape \(…, H, W\); got"):
        metrics.miou(TRUE, TRUE[:3])
    with pytest.raises(InputError, match=r"pred holds instance maps \(…, H, W\) of whole numbers"):
        metrics.covering(TRUE, TRUE * 1.0)


def scenes(rows: int = 500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slots (N, 4, 6) that hold three objects (N, 3, 2) in random order, in blocks of two, the last slot noise."""
    rng = np.random.default_rng(0)
    properties = np.stack([rng.integers(0, 3, (rows, 3)).astype(float), rng.random((rows, 3))], axis=-1)
    order = np.array([rng.permutation(4)[:3] for _ in range(rows)])
    slots = rng.normal(size=(rows, 4, 6))
    for o in range(3):
        slots[np.arange(rows), order[:, o], :4] = np.repeat(properties[:, o], 2, axis=-1)
    return slots, properties, order


def test_slots_of_blocks_are_about_a_property_each() -> None:
    slots, properties, match = scenes()
    schema = [categorical("shape", ["square", "ellipse", "heart"]), continuous("x", 0.0, 1.0)]
    blocks = [(0, 1), (2, 3), (4, 5)]
    score = metrics.slot_dci(slots, properties, match, schema=schema, groups=blocks)
    apart = metrics.slot_dci(slots, properties, match, schema=schema)
    assert score > 0.99
    assert score.parts["completeness"] > 0.99
    assert apart.parts["completeness, plain"] < 0.7
    assert score.settings["objects"] == 1500
    noise = metrics.slot_dci(np.random.default_rng(1).normal(size=slots.shape), properties, match, schema=schema, groups=blocks)
    assert noise < 0.1
    with pytest.raises(InputError, match="match names slots from 0 to 3, or -1 for none; got 4"):
        metrics.slot_dci(slots, properties, match + 1)
    with pytest.raises(InputError, match=r"slots \(N, L, d\), properties \(N, O, P\) and match \(N, O\)"):
        metrics.slot_dci(slots[0], properties, match)


def test_slots_are_aligned_by_overlap() -> None:
    true = np.array([[[0, 1, 1, 2, 2, 2]], [[0, 0, 2, 2, 2, 0]]])
    pred = np.array([[[0, 4, 4, 4, 2, 2]], [[1, 1, 3, 3, 0, 1]]])
    assert aligned(true, pred, 3).tolist() == [[4, 2, -1], [-1, 3, -1]]
    with pytest.raises(InputError, match=r"true holds maps \(N, H, W\) of objects up to 1"):
        aligned(true, pred, 1)


def test_an_object_is_in_its_slot_and_in_no_other() -> None:
    slots, properties, match = scenes()
    own = metrics.slot_identifiability(slots[:, :, [0, 2]], properties, match, model="linear")
    noise = metrics.slot_identifiability(np.random.default_rng(1).normal(size=slots.shape), properties, match, model="linear")
    everywhere = np.repeat(slots[:, :1, :] * 0 + np.hstack([properties[:, o] for o in range(3)])[:, None, :], 4, axis=1)
    spread = metrics.slot_identifiability(everywhere, properties, match, model="linear")
    assert own > 0.95
    assert abs(noise) < 0.1
    assert spread < 0.1
    with pytest.raises(InputError, match="slot_identifiability compares an object's slot with others; got 1 slot"):
        metrics.slot_identifiability(slots[:, :1], properties[:, :1], np.zeros((500, 1), dtype=int))
