"""What each invariance of a metric means, as a change of a case that must leave its score alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.metrics.samples import Case

ORDER = (2, 0, 3, 1)  # of the four factors
TURN = np.deg2rad(77.0)


def code_order(case: Case) -> Case:
    order = np.array([4, 1, 3, 2, 0])
    place = {int(d): i for i, d in enumerate(order)}
    groups = tuple(tuple(place[d] for d in group) for group in (case.groups or ()))
    return case.but(codes=case.codes[:, order], groups=groups[::-1])


def factor_order(case: Case) -> Case:
    assert case.schema is not None
    return case.but(factors=case.factors[:, list(ORDER)], schema=tuple(case.schema[k] for k in ORDER))


def row_order(case: Case) -> Case:
    order = np.random.default_rng(5).permutation(len(case.codes))
    return case.but(codes=case.codes[order], factors=case.factors[order])


def relabelling(case: Case) -> Case:
    factors = case.factors.copy()
    factors[:, 0] = np.array([2, 0, 1])[factors[:, 0].astype(int)]
    return case.but(factors=factors)


def affine(case: Case) -> Case:
    codes = case.codes * np.array([100.0, 0.5, 1.0, 1.0, 8.0]) + np.array([3.0, -2.0, 0.0, 0.0, 1.0])
    return case.but(codes=codes)


def sign(case: Case) -> Case:
    return case.but(codes=case.codes * np.array([-1.0, -1.0, 1.0, 1.0, -1.0]))


def constant_code(case: Case) -> Case:
    codes = np.column_stack([case.codes, np.full(len(case.codes), 0.3)])
    return case.but(codes=codes, groups=(*(case.groups or ()), (5,)))


def angle(case: Case) -> Case:
    turned = case.codes.copy()
    a = np.arctan2(case.codes[:, 3], case.codes[:, 2]) + np.deg2rad(45.0)
    turned[:, 2], turned[:, 3] = np.cos(a), np.sin(a)
    return case.but(codes=np.round(turned, 9))


def doubling(case: Case) -> Case:
    return case.but(codes=np.concatenate([case.codes] * 2), factors=np.concatenate([case.factors] * 2))


def mask(case: Case) -> Case:
    return case.but(mask=np.ones(case.factors.shape, dtype=bool))


CHANGES: dict[str, Callable[[Case], Case]] = {
    "code order": code_order,
    "factor order": factor_order,
    "row order": row_order,
    "relabelling": relabelling,
    "affine": affine,
    "sign": sign,
    "constant code": constant_code,
    "angle": angle,
    "doubling": doubling,
    "mask": mask,
}
