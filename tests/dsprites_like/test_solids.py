"""Solids: three accounts of one shape agree, its faces' outlines, its chords along rays, and its surface."""

import numpy as np
import pytest

from factorhub.dsprites_like.shapes3d import SHAPES, SIZES

RAYS = 64  # a side


def seen(kind, place, turn=0.3, scale=1.0):
    radius, height = scale * SIZES[kind]
    return (kind, float(radius), float(height), *(float(number) for number in place), float(np.sin(turn)), float(np.cos(turn)))


def area(points):
    x, y = points
    return 0.5 * (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()


PLACES = {
    "eye above the top": (0.3, -1.6, 2.1),
    "eye below the top": (-0.4, -0.2, 2.5),
    "eye level with the floor": (0.2, 0.0, 1.9),
    "close to the side": (0.0, -0.75, 0.65),
    "from a lamp": (1.4, -7.2, 2.0),
    "from a lamp almost overhead": (0.5, -7.2, 0.2),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("kind", range(4), ids=SHAPES)
def test_faces_fill_what_rays_meet(kind, place):
    """The outlines of all visible faces, projected, have the area of the directions along which rays meet the solid."""
    from factorhub.dsprites_like.kernels.solids import FACES, chord, outline, plane

    solid = seen(kind, place)
    points = np.empty((3, 96))
    # directions are projected on the plane at right angles to the one that leads to the middle of the solid
    ahead = np.add(place, (0, solid[2] / 2, 0))
    ahead /= np.linalg.norm(ahead)
    aside = np.cross(ahead, (0, 1, 0) if abs(ahead[1]) < 0.9 else (1, 0, 0))
    aside /= np.linalg.norm(aside)
    frame = np.stack([aside, np.cross(aside, ahead), ahead])
    total, reach = 0.0, 0.0
    for face in range(FACES[kind]):
        if plane(solid, face)[0]:
            flat = frame @ points[:, : outline(solid, face, points)]
            total += area(flat[:2] / flat[2])
            reach = max(reach, np.abs(flat[:2] / flat[2]).max())
    steps = ((np.arange(RAYS) + 0.5) / RAYS * 2 - 1) * 1.1 * reach
    met = 0
    for a in steps:
        for b in steps:
            enter, leave = chord(solid, *(frame.T @ (a, b, 1)))
            met += enter < leave and leave > 0
    assert abs(total) == pytest.approx(met * (2.2 * reach / RAYS) ** 2, rel=0.02)


@pytest.mark.parametrize("kind", range(4), ids=SHAPES)
def test_the_surface_is_where_chords_begin(kind):
    from factorhub.dsprites_like.kernels.solids import FACES, chord, plane, surface

    solid = seen(kind, (0.1, -0.75, 2.3))
    slopes = np.linspace(-0.3, 0.4, 141)
    reaches = np.empty((5, slopes.size))
    for dy in np.linspace(-0.5, 0.2, 71):
        visible = [numbers for seen, *numbers in (plane(solid, face) for face in range(FACES[kind])) if seen]
        for k, (*normal, offset) in enumerate(visible):
            surface(solid, offset, *normal, slopes, dy, 1.0, reaches[k])
        for i, w in enumerate(slopes):
            enter, leave = chord(solid, w, dy, 1.0)
            if enter < leave:
                assert np.abs(reaches[: len(visible), i] - enter).min() < 1e-7


@pytest.mark.parametrize("kind", range(4), ids=SHAPES)
def test_a_chord_is_the_part_of_the_ray_inside(kind):
    from factorhub.dsprites_like.kernels.solids import chord

    rng = np.random.default_rng(kind)
    solid = seen(kind, (0.2, -0.6, 1.5))
    _, radius, height, x, y, z, sine, cosine = solid
    for direction in rng.normal(size=(200, 3)) * 0.25 + (0.13, -0.2, 1):
        direction = direction / np.linalg.norm(direction)
        t = np.linspace(0, 4, 4001)
        px, py, pz = np.outer(direction, t) - np.array([x, y, z])[:, None]
        u, v = px * cosine - pz * sine, px * sine + pz * cosine
        if kind == 0:
            inside = (np.abs(u) < radius) & (np.abs(v) < radius) & (py > 0) & (py < height)
        elif kind == 1:
            inside = (u**2 + v**2 < radius**2) & (py > 0) & (py < height)
        else:
            inside = u**2 + v**2 + (py - np.clip(py, radius, height - radius)) ** 2 < radius**2
        enter, leave = chord(solid, *direction)
        assert max(leave - max(enter, 0), 0) == pytest.approx(inside.sum() / 1000, abs=3e-3)
        if inside.sum() > 2:
            assert enter == pytest.approx(t[inside.argmax()], abs=2e-3)
