"""From a model and a set to a report: draws rows, encodes them in batches, scores the codes and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from factorhub.errors import InputError, must_be, short, unknown, whole
from factorhub.evaluation.encoders import Layout, encoder, judging
from factorhub.evaluation.protocol import Protocol
from factorhub.evaluation.published import find
from factorhub.evaluation.report import Report
from factorhub.evaluation.scoring import Asked, judges
from factorhub.evaluation.sources import What, grid_subject, subject
from factorhub.evaluation.subject import Subject
from factorhub.evaluation.work import Work
from factorhub.progress import Progress, shown, silent
from factorhub.randomness import SEEDS
from factorhub.regimes import Regime

ABOUT = ("name", "version", "url", "training_seed", "training_regime", "code", "parameters")  # what is said of a model
N, DRAWS, MOST = 10_000, 5, 2**24


def evaluate(
    encode: Any,
    what: What | None = None,
    metrics: Asked | Protocol = "basic",
    *,
    draws: int | None = None,
    seed: int = 0,
    n: int | None = None,
    batch: int = 256,
    split: str | None = None,
    regime: Regime | Mapping[str, Any] | str | None = None,
    factors: Sequence[str] | None = None,
    field: str | Sequence[str] | None = None,
    layout: Layout | None = None,
    index: npt.ArrayLike | None = None,
    groups: Sequence[Sequence[int]] | None = None,
    model: str | Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    panel: bool = True,
    progress: Progress | bool = silent,
) -> Report:
    """Judge a model: scores with their error, beside what ideal, noise, rotated, duplicated and padded codes get in its place.

    With a generator, a recipe, or a set whose generator is in the catalog, rows are drawn afresh on the *independent grid*,
    whatever regime the set was written under: every factor uniform on its grid and independent of the others. The report
    says which rows were used. A `split` means the stored rows of that split, and a set without a generator its stored
    rows; they give one draw, whose error is a jackknife over 20 blocks of rows.

    Args:
        encode: the model: a function from a batch of observations to codes (n, D); torch modules run in eval mode and
            without gradients, and are put back as they were. Or codes (rows, D) of a set, in the order of its rows, or
            with their natural row numbers in `index`.
        what: the name of a generator or a Generator, a recipe, a set or its path; left out with a protocol that names one.
        metrics: "basic" (milliseconds), "full" (seconds to minutes), a protocol or its name, a list of names, or {name: settings}.
        draws: fresh draws, 5 unless the protocol says otherwise.
        seed: of the draws, the metrics and the panel.
        n: rows of a draw, 10,000 unless the protocol says otherwise; all where a set has fewer.
        batch: observations that the model is given at once.
        split: of a stored set.
        regime: in place of the independent grid, such as "uniform"; "own" is that of the recipe or set.
        factors: names of those to score; by default all but nuisances and those of a single value.
        field: of the observation, the first by default; a list gives the model {field: array}.
        layout: "stored" gives NumPy arrays as sets hold them, images uint8 (n, y, x) or (n, y, x, channel); "float" gives
            float32 in [0, 1] (n, y, x, channel); "torch" tensors of float32 in [0, 1] (n, channel, y, x), as torch modules
            and their methods get them by default.
        index: (rows,) natural row numbers of given codes, the column "index" of a set's batches.
        groups: a partition of the codes into blocks that count as one, where a metric takes it.
        model: a name for the record, or a dictionary of name, version, url, training_seed, training_regime, code ("mean" or
            "sample") and parameters.
        options: of a generator that is given by name.
        panel: False leaves the panel out, and with it the adjusted scores; leaderboards refuse such records.
        progress: True shows a bar on stderr; or a function that is told how many rows were just finished.

    Returns:
        A `Report`: print it, ask it for `report["mig"]`, or `report.save(folder)`.

    Raises:
        InputError: something asked for does not exist or does not fit, or the model returns no codes.
        MissingExtra: a metric needs a library that is not installed.

    >>> import factorhub
    >>> report = factorhub.evaluate(lambda images: images.mean(axis=(1, 2)), "dsprites", ["mig"], draws=2, n=2000)
    >>> round(report["mig"].adjusted(), 2), report["mig"].panel["ideal"][""] > 0.9
    (0.25, True)
    """
    followed = metrics if isinstance(metrics, Protocol) else find(metrics) if isinstance(metrics, str) else None
    if followed is not None:
        what, split, regime = followed.fill(what, split, regime)
        n, draws = followed.number("n", n, followed.n), followed.number("draws", draws, followed.draws)
    if what is None:
        raise InputError("evaluate needs what to judge on; got none; give a generator's name, a recipe, or the path of a set")
    asked = judges(followed.metrics_asked if followed is not None else metrics)  # type: ignore[arg-type]
    seed = whole("a seed", seed, 0, SEEDS - 1)
    n, draws = (
        whole("n (rows of a draw)", N if n is None else n, 2, MOST),
        whole("draws", DRAWS if draws is None else draws, 1, 1000),
    )
    batch = whole("batch", batch, 1)
    given = not callable(encode)
    source = _source(what, seed, split, regime, options, given, index is not None)
    if index is not None and not given:
        raise InputError("index goes with codes; a function is given observations; leave index out, or give its codes")
    if followed is not None:
        followed.check(source.facts.get("recipe", {}).get("generator"))
    chosen = source.judged(factors)
    about = _about(model, encode)
    if followed is not None:
        followed.check_code(about.get("code"))
    lenient = isinstance(metrics, str) and followed is None and metrics in ("basic", "full")
    facts = source.facts
    work = Work(source, chosen, asked, seed, n, batch, groups, lenient)
    if given:
        made, facts = work.given(encode, index)
    else:
        columns, single = _columns(source, field)
        model_ = encoder(encode, columns, layout, single)
        several = draws if source.fresh else 1
        with shown(progress, work.encodings(several), f"encode {source.name}") as told, judging(encode):
            made = [work.encoded(model_, number, told) for number in range(several)]
    with shown(progress, work.steps(len(made), panel), "score") as told:
        results = work.results(made, panel, told)
    facts = {**facts, "n": len(made[0].codes)}
    rule = {"name": followed.name, "digest": followed.digest} if followed is not None else {}
    if followed is not None and followed.code == "sample" and "code" not in about:
        work.notes.append("the protocol judges sampled codes; say so in model={'name': …, 'code': 'sample'}")
    notes = tuple(work.notes) if panel else (*work.notes, "without a panel, which leaderboards refuse")
    about = {**about, "D": made[0].codes.shape[1]}
    return Report(facts, about, rule, len(made), seed, tuple(f.name for f in chosen), results, notes, made[0].codes)


def _source(
    what: What, seed: int, split: str | None, regime: Any, options: Mapping[str, Any] | None, given: bool, indexed: bool
) -> Subject:
    found = subject(what, seed, split=split, regime=regime, options=options, as_stored=given)
    if not given or not found.fresh:
        return found
    if regime is not None or not indexed:
        hint = "give a stored set, or a function that encodes"
        extra = "; or give index, the natural row numbers of its grid" if regime is None else ""
        raise InputError(f"codes are judged by the rows that they belong to, and {found.name} is a generator; {hint}{extra}")
    return grid_subject(what, seed, options)


def _columns(source: Subject, field: str | Sequence[str] | None) -> tuple[tuple[Any, ...], bool]:
    """The observation columns that the model is given, and whether it is given one array."""
    known = {column.name: column for column in source.columns}
    if not known:
        raise InputError(f"{source.name} holds no observations to encode; give codes of its rows in place of a function")
    names = [next(iter(known))] if field is None else [field] if isinstance(field, str) else list(field)
    for name in names:
        if name not in known:
            raise unknown("field", name, known, source.name)
    return tuple(known[name] for name in names), field is None or isinstance(field, str)


def _about(model: str | Mapping[str, Any] | None, encode: Any) -> dict[str, Any]:
    if model is None or isinstance(model, str):
        name = model or getattr(encode, "__name__", type(encode).__name__ if callable(encode) else "codes")
        return {"name": "model" if name == "<lambda>" else name}
    must_be("model", model, Mapping, "a name, or a dictionary such as {'name': 'beta-VAE', 'training_seed': 3}")
    for key in model:
        if key not in ABOUT:
            raise unknown("entry", key, ABOUT, "what is said of a model")
    if not isinstance(model.get("name"), str) or not model["name"]:
        raise InputError(f"a model has a name; got {short(dict(model))}; add 'name'")
    if model.get("code", "mean") not in ("mean", "sample"):
        raise unknown("code", model["code"], ("mean", "sample"), "what is said of a model")
    for key, value in model.items():
        kinds = (int, str) if key in ("training_seed", "parameters", "version") else (str,)
        must_be(f"{key} of a model", value, kinds, "text" + " or a whole number" * (int in kinds))
    return dict(model)
