"""The contracts, callable by anyone: a generator or a regime that passes these works everywhere in factorhub."""

from __future__ import annotations

import json

import numpy as np

from factorhub import randomness
from factorhub.errors import InputError
from factorhub.factors import Array
from factorhub.fields import check_batch
from factorhub.generator import Generator
from factorhub.regimes.drawn import check_draw
from factorhub.regimes.record import from_dict, from_text, to_dict, to_text
from factorhub.regimes.regime import Draw, Regime
from factorhub.space import FactorSpace


class ContractError(AssertionError):
    """A generator or regime breaks a law; the message names the law and the first place."""


def _demand(held: bool, law: str, found: str = "") -> None:
    if not held:
        raise ContractError(f"{law}{': ' + found if found else ''}")


def sample(space: FactorSpace, rows: int, seed: int = 0) -> Array:
    """`rows` values (rows, k) of a space, half of them on the grid where there is one, for tests and previews."""
    values = space.from_unit(randomness.uniforms(seed, "testing", np.arange(rows), len(space.factors)))
    for i, factor in enumerate(space):
        if factor.interval and factor.size is not None:
            values[::2, i] = factor.values(factor.nearest(values[::2, i]))
    return values


def check_generator(generator: Generator, rows: int = 24, seed: int = 0) -> None:
    """Check the contract of a generator on sampled rows.

    The laws: fields have the promised names, shapes and dtypes; rendering is pure (twice the same, and the argument
    untouched); rows do not depend on their neighbours, the batch or the order; leading axes are free; an empty batch
    is allowed; out-of-range values are refused; canonical values draw the same observation (for images up to a
    thousandth of the pixels, where an edge passes through a pixel's centre); the record of the space survives JSON.

    Raises:
        ContractError: names the law that is broken.

    >>> import factorhub
    >>> check_generator(factorhub.generator("dsprites"))
    """
    space, fields = generator.space, generator.fields
    values = sample(space, rows, seed)
    before = values.copy()
    try:
        check_batch(f"draw of {generator.name}", fields, generator.draw(values), (rows,))
    except InputError as error:
        raise ContractError(f"draw returns what the fields declare: {error}") from None
    batch = generator.render(values)
    _demand(np.array_equal(values, before), "render must not change its argument")
    again = generator.render(values)
    mixed = randomness.words(seed, "testing/mix", np.arange(rows), 1)[:, 0].argsort()
    shuffled = generator.render(values[mixed])
    single = [generator.render(values[i : i + 1]) for i in range(min(rows, 4))]
    paired = generator.render(values[: rows // 2 * 2].reshape(-1, 2, len(space.factors)))
    empty = generator.render(values[:0])
    for item in fields:
        got = batch[item.name]
        _demand(_same(got, again[item.name]), f"render is pure: {item.name} differs on a second call")
        _demand(_same(got[mixed], shuffled[item.name]), f"rows are independent: {item.name} differs in another order")
        _demand(
            all(_same(got[i], one[item.name][0]) for i, one in enumerate(single)),
            f"rows are independent: {item.name} differs when rendered alone",
        )
        _demand(
            _same(got[: rows // 2 * 2].reshape(paired[item.name].shape), paired[item.name]), f"leading axes are free: {item.name}"
        )
        _demand(empty[item.name].shape == (0, *item.shape), f"an empty batch is allowed: {item.name}")

    for i, factor in enumerate(space):
        beyond = values[:1].copy()
        beyond[0, i] = factor.high + 1 + abs(factor.high)
        refused = False
        try:
            generator.render(beyond)
        except ValueError:
            refused = True
        _demand(refused, f"values out of range are refused: {factor.name} = {beyond[0, i]:g}")

    canonical = space.canonical(values)
    _demand(np.allclose(space.canonical(canonical), canonical), "canonical values are their own canonical form")
    same = generator.render(canonical)
    for item in fields:
        if item.is_image:
            moved = float((batch[item.name] != same[item.name]).mean())
            _demand(moved <= 1e-3, f"declared symmetries hold: {item.name} changes at canonical values", f"{moved:.2%} of pixels")
        elif np.dtype(item.dtype).kind == "f":
            _demand(np.allclose(batch[item.name], same[item.name], 1e-4, 1e-4), f"declared symmetries hold: {item.name}")
        else:
            moved = float((batch[item.name] != same[item.name]).mean()) if batch[item.name].size else 0.0
            _demand(moved <= 1e-3, f"declared symmetries hold: {item.name}", f"{moved:.2%} differ")
    if space.enumerable:
        ends = np.unique(np.array([0, len(space) // 3, len(space) - 1]))
        codes = space.codes(ends)
        _demand(np.array_equal(space.rows(codes), ends), "rows and codes are inverse")
        _demand(np.array_equal(space.codes_of(space.values(codes)), codes), "codes and values are inverse")
    _demand(FactorSpace.from_dict(json.loads(json.dumps(space.to_dict()))) == space, "a space equals its serialised form")


def check_regime(regime: Regime, space: FactorSpace, rows: int = 32, seed: int = 0) -> None:
    """Check the contract of a regime over a space, on its first rows and a few far ones.

    The laws: a regime is a record that equals its serialised form, as data and as text; its space is the base with
    some grids dropped; draws have the promised shapes, lie in the space, on the grid where it has one, and in the
    support; records have the promised names, shapes and dtypes; drawing is pure (twice the same), and row r depends
    on (seed, stream, r) alone, in any batch and order; an empty batch is allowed; another stream gives other draws;
    a finite regime refuses rows past its length.

    Raises:
        ContractError: names the law that is broken.

    >>> import factorhub
    >>> from factorhub.regimes import from_text
    >>> check_regime(from_text("pairs(k=2, inner=where('shape == heart'))"), factorhub.generator("dsprites").space)
    """
    data = json.loads(json.dumps(to_dict(regime)))
    _demand(from_dict(data) == regime, "a regime equals its serialised form", str(data))
    _demand(from_text(to_text(regime)) == regime, "a regime equals its text form", to_text(regime))
    hash(regime)

    own = regime.space(space)
    _demand(own.names == space.names, "a regime keeps the factors and their order", ", ".join(own.names))
    for mine, base in zip(own, space, strict=True):
        kept = mine == base or (mine.grid is None and base.interval and (mine.low, mine.high) == (base.low, base.high))
        _demand(kept, f"a regime's space is the base with some grids dropped: {mine.name}")

    length = regime.length(space)
    near = np.arange(rows if length is None else min(rows, length))
    far = np.array([2**20, 2**33] if length is None else [length // 2, length - 1])
    numbers = np.unique(np.concatenate([near, far]))
    drawn = regime.draw(space, seed, numbers)
    try:
        check_draw(regime, space, drawn, len(numbers))
    except InputError as error:
        raise ContractError(f"draw gives what the regime declares: {error}") from None
    shape = drawn.values.shape
    _demand(bool(own.inside(drawn.values).all()), "draws lie in the space")
    for j, factor in enumerate(own):
        if factor.size is not None:
            try:
                codes = factor.codes_of(drawn.values[..., j])
            except InputError as error:
                raise ContractError(f"draws lie on the grid of a factor that has one: {error}") from None
            known = drawn.codes is None or np.array_equal(drawn.codes[..., j], codes)
            _demand(known, f"codes are those of the values: {factor.name}")
    support = regime.support(space)
    _demand(support is None or bool(support.contains(own, drawn.values).all()), "draws lie in the support", str(support))
    fields = regime.extras(space)
    _demand(
        sorted(drawn.extras) == sorted(item.name for item in fields), "draw records the declared extras", ", ".join(drawn.extras)
    )

    def same(other: Draw, index: Array | slice) -> bool:
        pairs = [(drawn.values, other.values), *((drawn.extras[item.name], other.extras[item.name]) for item in fields)]
        return all(_same(mine[index], theirs) for mine, theirs in pairs)

    _demand(same(regime.draw(space, seed, numbers), slice(None)), "drawing is pure: a second call differs")
    mixed = randomness.words(seed, "testing/mix", numbers, 1)[:, 0].argsort()
    _demand(same(regime.draw(space, seed, numbers[mixed]), mixed), "rows are independent: they differ in another order")
    for i in (0, len(numbers) - 1):
        _demand(
            same(regime.draw(space, seed, numbers[i : i + 1]), slice(i, i + 1)),
            f"rows are independent: row {numbers[i]} differs alone",
        )
    empty = regime.draw(space, seed, numbers[:0])
    _demand(empty.values.shape == (0, *shape[1:]), "an empty batch is allowed", str(empty.values.shape))
    if length is None:
        other = regime.draw(space, seed, numbers, "another")
        constant = bool((drawn.values == drawn.values[:1]).all())
        _demand(constant or not _same(drawn.values, other.values), "another stream gives other draws")
    else:
        refused = False
        try:
            regime.draw(space, seed, np.array([length]))
        except IndexError:
            refused = True
        _demand(refused, f"rows past the length are refused: row {length}")


def _same(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
