"""Published protocols by name: which regime and which splits, for which generator, said where.

The regimes and splits are texts, as on the command line and in recipe files. It is over 300 lines because it is a list.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from factorhub.errors import InputError
from factorhub.regimes.record import from_text
from factorhub.regimes.regime import Regime
from factorhub.regimes.splits import Splits

PUBLISHED = "factorhub.exchange.published:published"  # the generator of a file that the user has: --set file=PATH


@dataclass(frozen=True)
class Preset:
    """A published protocol.

    Attributes:
        name: what it is found under.
        generator: whose factors it names; empty for every generator. `PUBLISHED` for files that are imported.
        description: what it is, in one line.
        source: where it is published.
        regime_text: of the rows; empty for the generator's usual ones (its grid, or uniform).
        splits_text: of the rows; empty for one split.
        options: of the generator, as (option, value) pairs of text; what is asked for beside the preset goes before them.
    """

    name: str
    generator: str
    description: str
    source: str
    regime_text: str = ""
    splits_text: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def regime(self) -> Regime | None:
        """The regime; None where the generator's usual rows are meant."""
        return from_text(self.regime_text) if self.regime_text else None

    @property
    def splits(self) -> Splits | None:
        """The splits; None where there is one."""
        return Splits.from_text(self.splits_text) if self.splits_text else None


def preset(name: str) -> Preset:
    """The preset called `name`.

    Raises:
        InputError: no such preset; suggests the nearest.

    >>> preset("dmelodies-70-20-10").splits_text
    'train=0.7,validation=0.2,test=0.1'
    """
    found = {item.name: item for item in PRESETS}
    if name not in found:
        near = [known for known in found if name and name in known] or difflib.get_close_matches(name, found, n=3)
        hint = f"; did you mean {', '.join(near[:6])}{', …' if len(near) > 6 else ''}?" if near else ""
        raise InputError(f"no preset named '{name}'; `factorhub presets` lists all {len(found)}{hint}")
    return found[name]


ROTH = (
    "Roth, Ibrahim, Akata, Vincent, Bouchacourt: Disentanglement of correlated factors via Hausdorff factorized support (ICLR 2023)"
)
TRAEUBLE = "Träuble et al.: On disentangled representations learned from correlated data (ICML 2021)"
MONTERO = "Montero, Ludwig, Costa, Malhotra, Bowers: The role of disentanglement in generalisation (ICLR 2021)"
SCHOTT = "after Schott et al.: Visual representation learning does not generalize strongly within the same domain (ICLR 2022)"
LOCATELLO = (
    "Locatello, Poole, Rätsch, Schölkopf, Bachem, Tschannen: Weakly-supervised disentanglement without compromises (ICML 2020)"
)
LABELS = "Locatello, Tschannen, Bauer, Rätsch, Schölkopf, Bachem: Disentangling factors of variation using few labels (ICLR 2020)"
KLINDT = "Klindt et al.: Towards nonlinear disentanglement in natural data with temporal sparse coding (ICLR 2021)"
PAWLOWSKI = "Pawlowski, Castro, Glocker: Deep Structural Causal Models (NeurIPS 2020); strengths of this project"
FOTIADIS = "Fotiadis et al.: Disentangled generative models for robust prediction of system dynamics (ICML 2023)"
SQUIRES = "Squires, Seigal, Bhate, Uhler: Linear causal disentanglement via interventions (ICML 2023)"
SHEN = "after Shen et al.: Weakly supervised disentangled generative causal representation learning (JMLR 2022)"
QIAN = "after Qian et al.: AutoVC: zero-shot voice style transfer with only autoencoder loss (ICML 2019)"
TODA = "after Toda, Black, Tokuda: Voice conversion based on maximum-likelihood estimation of spectral parameter trajectory (2007)"
STEINMETZ = "after Steinmetz, Bryan, Reiss: Style transfer of audio effects with differentiable signal processing (JAES 2022)"
PATI = "Pati, Gururani, Lerch: dMelodies (ISMIR 2020)"

_ROTH = {
    "dsprites": {
        "single-1": "shape scale", "single-2": "posX posY", "single-3": "shape posY",
        "double-1": "shape posX, scale posY", "double-2": "shape scale, posX posY",
        "confounded-1": "shape", "confounded-2": "posX",
    },
    "shapes3d": {
        "single-1": "floor_hue wall_hue", "single-2": "shape scale", "single-3": "shape wall_hue",
        "double-1": "scale floor_hue, shape wall_hue", "double-2": "scale shape, floor_hue wall_hue",
        "single-4": "shape object_hue", "double-3": "shape object_hue, shape scale",
        "triple-1": "scale orientation, shape wall_hue, object_hue floor_hue",
        "triple-2": "object_hue orientation, shape scale, floor_hue wall_hue",
        "confounded-1": "shape", "confounded-2": "wall_hue",
    },
    "mpi3d": {
        "single-1": "camera_height background_color", "single-2": "object_color object_size",
        "single-3": "horizontal_axis vertical_axis",
        "double-1": "object_color object_shape, horizontal_axis vertical_axis",
        "double-2": "object_color horizontal_axis, object_shape vertical_axis",
        "triple-1": "object_color background_color, camera_height horizontal_axis, object_shape vertical_axis",
        "triple-2": "object_color object_shape, horizontal_axis vertical_axis, background_color camera_height",
        "confounded-1": "object_shape", "confounded-2": "horizontal_axis",
    },
}  # fmt: skip


# The paper's density is a Gaussian ridge; its code draws a line as wide as σ of the shorter factor, and blurs it a little.
_TRAEUBLE = {
    "a": ("shapes3d", "scale, orientation"),
    "b": ("dsprites", "orientation, posX"),
    "c": ("mpi3d", "horizontal_axis, vertical_axis"),
    "d": ("shapes3d", "object_hue, scale"),
    "e": ("shapes3d", "object_hue, orientation"),
}


# MPI3D's pictures are photographs: no generator makes them, and its presets are for the published file.
_GENERATORS = {"mpi3d": PUBLISHED}


def _correlated() -> Iterator[Preset]:
    for kind, cases in _ROTH.items():
        generator = _GENERATORS.get(kind, kind)
        for case, factors in cases.items():
            if case.startswith("confounded"):
                text = f"correlated(confounder={factors}, sigma=0.2, on_grid=true)"
                yield Preset(f"{kind}-{case}", generator, f"{factors} ridged with every other factor, σ 0.2", ROTH, text)
                continue
            pairs = ", ".join(f"[{', '.join(pair.split())}]" for pair in factors.split(", "))
            for sigma in ("0.04", "0.1", "0.4") if case in ("double-1", "double-2") else ("0.1",):
                text = f"correlated(pairs=[{pairs}], sigma={sigma}, on_grid=true)"
                name = f"{kind}-correlated-{case}" + ("" if sigma == "0.1" else f"-sigma-{sigma}")
                yield Preset(name, generator, f"ridges {factors.replace(' ', '-').replace(',-', ', ')}, σ {sigma}", ROTH, text)
    for case, (kind, pair) in _TRAEUBLE.items():
        generator = _GENERATORS.get(kind, kind)
        for sigma in ("0.2", "0.4", "0.7"):
            text = f"correlated(pairs=[[{pair}]], sigma={sigma}, on_grid=true)"
            about = f"data set {case.upper()}: ridge {pair.replace(', ', '-')}, σ {sigma}"
            yield Preset(f"{kind}-traeuble-{case}-{sigma}", generator, about, TRAEUBLE, text)
            about = f"data set {case.upper()} by the tables of their code: a blurred line {pair.replace(', ', '-')}, width {sigma}"
            yield Preset(f"{kind}-traeuble-{case}-{sigma}-code", generator, about, TRAEUBLE, f"line(pair=[{pair}], width={sigma})")


_LAST = (
    "object_size == large & camera_height == center & background_color == 'sea green' & horizontal_axis > 35 & vertical_axis > 35"
)
# Training and test regions as the published code has them; where they do not meet, rows between them are left out, as there.
_HELD_OUT = {
    "dsprites-montero-extrapolation": ("rest", "posX > 0.5", "no sprite on the right in training"),
    "dsprites-montero-recombination-to-range": ("rest", "shape == square & posX > 0.5", "no square on the right in training"),
    "dsprites-montero-recombination-to-element": (
        "rest", "shape == ellipse & scale > 0.6 & 2.0943951 < orientation < 4.1887902 & posX > 0.66 & posY > 0.66",
        "no large ellipse turned by 120° to 240° at the lower right in training",
    ),
    "shapes3d-montero-extrapolation": ("rest", "floor_hue >= 0.5", "half of the floor's hues withheld"),
    "shapes3d-montero-recombination-to-range": (
        "rest", "object_hue >= 0.8 & wall_hue <= 0.2", "the last object hues withheld with the first wall hues",
    ),
    "shapes3d-montero-recombination-to-range-shape-object-hue": (
        "rest", "shape == capsule & object_hue >= 0.5", "one shape withheld with half of the object's hues",
    ),
    "shapes3d-montero-recombination-to-range-shape-floor-hue": (
        "rest", "shape == capsule & floor_hue >= 0.5", "one shape withheld with half of the floor's hues",
    ),
    "shapes3d-montero-recombination-to-element": (
        "rest", "object_hue >= 0.8 & wall_hue >= 0.8 & floor_hue >= 0.8 & scale >= 1.1 & shape == cylinder & orientation > 20",
        "72 neighbouring combinations of all factors withheld",
    ),
    "mpi3d-montero-extrapolation": (
        "horizontal_axis < 20", "horizontal_axis > 20", "half of the horizontal axis withheld; its middle is in neither",
    ),
    "mpi3d-montero-extrapolation-object-color": ("rest", "object_color in (brown, olive)", "two object colours withheld"),
    "mpi3d-montero-recombination-to-range": (
        "rest", "horizontal_axis < 20 & object_shape == cylinder", "no cylinder on half of the horizontal axis in training",
    ),
    "mpi3d-montero-recombination-to-range-object-color": (
        "rest", "horizontal_axis < 20 & object_color == red", "no red object on half of the horizontal axis in training",
    ),
    "mpi3d-montero-recombination-to-element": (
        "rest",
        "object_color == olive & object_shape == cylinder & " + _LAST,
        "16 neighbouring combinations of all factors withheld",
    ),
}  # fmt: skip

# Each factor's lower part, inner band and upper part, which leave about 30% of the grid to train on.
_LOWER = {
    "dsprites": "scale <= 0.9 & orientation < 4.43 & posX < 0.726 & posY < 0.726",
    "shapes3d": "floor_hue < 0.75 & wall_hue < 0.75 & object_hue < 0.75 & scale < 1.14 & orientation < 19",
}
_BANDS = {
    "dsprites": "scale == 0.7 | orientation between 2.17 and 4.11 | posX between 0.37 and 0.66 | posY between 0.37 and 0.66",
    "shapes3d": "floor_hue in (0.4, 0.5) | wall_hue in (0.4, 0.5) | object_hue in (0.4, 0.5) | scale between 0.96 and 1.04"
    " | orientation between -5 and 5",
}
_UPPER = {
    "dsprites": ("scale > 0.7", "orientation > 3.1415927", "posX > 0.5", "posY > 0.5"),
    "shapes3d": ("floor_hue > 0.55", "wall_hue > 0.55", "object_hue > 0.55", "scale > 1.05", "orientation > 6"),
}


def _held_out() -> Iterator[Preset]:
    for name, (train, test, about) in _HELD_OUT.items():
        kind = name.split("-")[0]
        yield Preset(name, _GENERATORS.get(kind, kind), about, MONTERO, "", f"train={train}; test={test}")
    for generator in _LOWER:
        two = " | ".join(f"{a} & {b}" for i, a in enumerate(_UPPER[generator]) for b in _UPPER[generator][i + 1 :])
        cases = {
            "random": ("train=0.3,test=0.7", "30% of the grid at random to train on"),
            "composition": (
                f"train=rest; test={two}",
                "trained on every value but not together: at most one factor in its upper part",
            ),
            "interpolation": (f"train=rest; test={_BANDS[generator]}", "an inner band of every ordered factor withheld"),
            "extrapolation": (f"train={_LOWER[generator]}; test=rest", "trained on the lower part of every ordered factor"),
        }
        for case, (splits, about) in cases.items():
            yield Preset(f"{generator}-in-domain-{case}", generator, about, SCHOTT, "", splits)


def _weak() -> Iterator[Preset]:
    for mode, about in (
        ("exactly", "two factors change, each to another value: what the paper says"),
        ("at_most", "two factors are redrawn and may draw the old value"),
        ("dlib", "one or two factors are redrawn with equal chance: what disentanglement_lib does"),
    ):
        text = f"pairs(k=2, mode={mode}, inner=uniform(on_grid=true))"
        yield Preset(f"locatello-pairs-{mode.replace('_', '-')}", "", about, LOCATELLO, text)
    about = "a random number of factors change, from one to all but one"
    yield Preset("locatello-pairs-random", "", about, LOCATELLO, "pairs(k=-1, inner=uniform(on_grid=true))")
    about = "k is drawn, and one or k factors are redrawn with equal chance: what disentanglement_lib does"
    yield Preset("locatello-pairs-random-dlib", "", about, LOCATELLO, "pairs(k=-1, mode=dlib, inner=uniform(on_grid=true))")
    about = "every ordered factor takes a Laplace step of rate 1"
    yield Preset("slowvae-laplace", "", about, KLINDT, "pairs(mode=laplace, inner=uniform(on_grid=true))")
    for case, extra, about in (
        ("", "", "1000 labelled rows"),
        ("-noisy", "noise=0.1, ", "1000 labelled rows, each label random with chance 0.1"),
        ("-binned", "bins=5, ", "1000 labelled rows, labels of factors of more than 5 values in 5 bins"),
        ("-permuted", "permuted=true, ", "1000 labelled rows, each factor's values in a random order"),
    ):
        yield Preset(f"few-labels{case}", "", about, LABELS, f"labels(rows=1000, {extra}inner=uniform(on_grid=true))")
    text = "labels(rows=1000, factors=[posX, posY], inner=uniform(on_grid=true))"
    yield Preset(
        "dsprites-few-labels-partial", "dsprites", "1000 labelled rows, two factors labelled (theirs are drawn)", LABELS, text
    )


_CHAIN = (
    "mechanism(scale, [shape], [0.8], noise=0.6), mechanism(posX, [scale], [0.8], noise=0.6), "
    "mechanism(posY, [posX, scale], [0.6, -0.6], noise=0.5)"
)


def _causal() -> Iterator[Preset]:
    for case in ("hard", "soft"):
        about = f"a random linear model, observed and under one {case} intervention per latent"
        yield Preset(f"one-intervention-per-latent-{case}", "", about, SQUIRES, f"linear_scm(intervention={case})")
    model = f"causal(mechanisms=[{_CHAIN}])"
    worlds = ", ".join([model, *(f"causal(mechanisms=[{_CHAIN}], do=[do({name})])" for name in ("shape", "scale", "posX", "posY"))])
    about = "shape → scale → posX → posY, observed and with each of them drawn anew"
    yield Preset("dsprites-one-intervention-per-latent", "dsprites", about, "this project", f"environments(regimes=[{worlds}])")
    targets = ", ".join(f"[do({name})]" for name in ("shape", "scale", "posX", "posY"))
    about = "shape → scale → posX → posY: rows, and what they would have been with one of them drawn anew"
    text = f"counterfactual(model={model}, interventions=[{targets}])"
    yield Preset("dsprites-counterfactuals", "dsprites", about, "this project", text)


def _scenes() -> Iterator[Preset]:
    tinted = "correlated(pairs=[[light_angle, background_hue]], sigma=0.1, on_grid=true)"
    rows = f"train=5000 * {tinted}; test=2000 * uniform(on_grid=true)"
    about = "the colour of the ground goes with the light in training, and with nothing in the test"
    yield Preset("causal-pendulum-shift", "causal_pendulum", about, SHEN, "", rows, (("background", "true"),))
    about = "scenes with and without one of their objects, also a partly hidden one"
    text = "edits(edits=[remove], inner=where('count > 1'))"
    yield Preset("multi-dsprites-removal", "multi_dsprites", about, "this project", text)
    text = "causal([mechanism(intensity, [thickness], [0.9], noise=0.4)])"
    yield Preset("glyphs-thickness-intensity", "glyphs", "thick strokes are bright", PAWLOWSKI, text)
    for case, train, about in (
        ("unseen-instances", "instance < 7", "seven instances of each category to train on, three to test"),
        ("light-shift", "light in (front, left, above)", "three lights to train on, the others to test"),
        ("view-extrapolation", "elevation <= 50", "seen from below 50 degrees, tested above"),
    ):
        rows = f"train=20000 * where('{train}', uniform(on_grid=true)); test=5000 * where('~({train})', uniform(on_grid=true))"
        yield Preset(f"turntable-{case}", "turntable", about, "this project", "", rows)
    for case, train, about in (
        ("unseen-actions", "action in (walk, wave, slash, cast)", "four actions to train on, jump and sit to test"),
        ("ground-to-air", "camera_tilt <= 30", "seen from the side to train on, tested from above"),
    ):
        rows = f"train=20000 * where('{train}', uniform()); test=5000 * where('~({train})', uniform())"
        yield Preset(f"figures-{case}", "figures", about, "this project", "", rows)
    yield from _people()
    text = "pairs(k=6, factors=[skin, hair, top, bottom, height, build])"
    yield Preset("figures-actor-swap", "figures", "pairs of two actors in one action, view and place", "this project", text)


def _people() -> Iterator[Preset]:
    about = "two people with one expression, pose, light and surroundings"
    yield Preset("heads-identity-swap", "heads", about, "this project", "pairs(k=0, factors=[identity])")
    about = "clips of one person whose expression and pose move: a source's identity, a driver's motion"
    yield Preset("heads-reenactment", "heads", about, "this project", "sequence(16, static=[identity, light, context])")
    train, test = "artefact in (none, seam, colour_shift, blur)", "artefact in (upsample, ghost)"
    rows = f"train=20000 * where('{train}', uniform(on_grid=true)); test=5000 * where('{test}', uniform(on_grid=true))"
    about = "three artefacts of forgeries to train on, two others to test"
    yield Preset("heads-unseen-artefacts", "heads", about, "this project", "", rows, (("forgery", "true"),))
    rows = "train=20000 * where('light_azimuth <= 0', uniform()); test=5000 * where('light_azimuth > 0', uniform())"
    yield Preset("heads-light-shift", "heads", "lit from the left to train on, from the right to test", "this project", "", rows)
    text = "correlated(pairs=[[jaw, beard], [hair_light, glasses]], sigma=0.4)"
    about = "square jaws have beards, fair hair has glasses: correlations of the kind that photographs of faces have"
    yield Preset("heads-attributes", "heads", about, "this project", text)


def _signals() -> Iterator[Preset]:
    near, far = "tap <= 0.05 & tap_2 <= 0.05 & tap_3 <= 0.05", "tap > 0.2 | tap_2 > 0.2 | tap_3 > 0.2"
    rows = f"train=20000 * where('{near}', uniform); test=5000 * where('{far}', uniform)"
    about = "16 devices, heard in line of sight to train on, over echoes to test"
    options = (("devices", "16"), ("taps", "3"))
    yield Preset("rf-unknown-channels", "rf_fingerprint", about, "this project", "", rows, options)


def _graphs() -> Iterator[Preset]:
    for name, generator, train, test, about in (
        ("concept-graphs-interventions", "concept_graphs", "intervention == none", "intervention != none",
         "without interventions to train on, under them to test"),
        ("drifting-graphs-faster", "drifting_graphs", "drift <= 0.2", "drift > 0.2", "slow drift to train on, fast to test"),
        ("intents-noisier", "intents", "noise <= 0.2", "noise > 0.2", "few choices by chance to train on, many to test"),
    ):  # fmt: skip
        rows = f"train=8000 * where('{train}', uniform(on_grid=true)); test=2000 * where('{test}', uniform(on_grid=true))"
        yield Preset(name, generator, about, "this project", "", rows)


def _language() -> Iterator[Preset]:
    rows = "train=20000 * where('platform in (report, post, letter)', uniform); test=5000 * where('platform == chat', uniform)"
    about = "three platforms to train on, a fourth to test"
    yield Preset("sentences-unseen-platform", "sentences", about, "this project", "", rows)
    rows = "train=20000 * correlated(pairs=[[topic, platform]], sigma=0.2); test=5000 * uniform"
    about = "topics go with platforms in training, and with nothing in the test"
    yield Preset("sentences-topic-platform", "sentences", about, "this project", "", rows)


def _sounds() -> Iterator[Preset]:
    rows = "train=20000 * where('~({test})', uniform()); test=5000 * where('{test}', uniform())"
    about = "speakers of short and middling tracts to train on, of long ones to test"
    yield Preset("voices-speakers-held-out", "voices", about, QIAN, "", rows.format(test="tract > 1.1"))
    about = "pairs of two speakers who say the same at the same pitch"
    yield Preset("voices-conversion-pairs", "voices", about, TODA, "pairs(k=4, factors=[tract, tilt, bandwidth, jitter])")
    about = "long tracts have low voices: correlation -0.8 of tract and pitch"
    yield Preset("voices-tract-pitch", "voices", about, f"after {TRAEUBLE}", "copula([[tract, pitch, -0.8]])")
    about = "four effects to train on; reverb, overdrive and compression to test"
    held_out = "effect in (reverb, overdrive, compression)"
    yield Preset("tunes-unseen-effects", "tunes", about, STEINMETZ, "", rows.format(test=held_out))
    about = "the 16,128 clips of one bar by four instruments that are the audio set of sequential benchmarks, in dMelodies' shares"
    shares, options = "train=0.7,validation=0.2,test=0.1", (("bars", "1"), ("octave", "4"))
    yield Preset("tunes-one-bar", "tunes", about, f"{PATI}; the factors of the audio set dMelodies-WAV", "", shares, options)


def _shells() -> Iterator[Preset]:
    def box(text: str, away: str, rows: tuple[int, int, int, int]) -> str:
        easy, hard = away.split(" | ")
        parts = zip(("train", "test", "ood_easy", "ood_hard"), rows, ("", "", f", {easy}", f", {hard}"), strict=True)
        return "; ".join(f"{name}={count} * shell(box=[{text}]{grown})" for name, count, grown in parts)

    about = "trained in a box of parameters, tested in it and in two shells around it"  # their pendulums' lengths are evenly spaced
    yield Preset(
        "pendulum-fotiadis", "pendulum", about, FOTIADIS, "",
        box("[length, 1.0, 1.5], [gravity, 9.81, 9.81], [omega0, 0, 0]",
            "away_max=[[0.1, 0], [0, 0], [0, 0]] | away_max=[[0, 0.1], [0, 0], [0, 0]]", (10_000, 1_000, 1_000, 1_000)),
    )  # fmt: skip
    near, far = "[[0, 0.05], [0, 0.5], [0, 0]]", "[[0, 0.1], [0, 1.0], [0, 0]]"
    yield Preset(
        "pendulum-video-fotiadis", "pendulum", f"{about}; for video", FOTIADIS, "",
        box("[length, 1.2, 1.4], [gravity, 8, 12], [theta0, 0.5235987756, 2.9670597284]",
            f"away_max={near} | away_min={near}, away_max={far}", (10_000, 1_296, 1_296, 1_296)),
        (("steps", "1000"), ("dt", "0.05"), ("video", "64")),
    )  # fmt: skip
    yield Preset(
        "lotka-volterra-fotiadis", "lotka_volterra", about, FOTIADIS, "",
        box("[a, 1.95, 2.05], [b, 0.95, 1.05], [c, 3.95, 4.05], [d, 0.95, 1.05]",
            "away_max=0.01 | away_min=0.01, away_max=0.02", (10_000, 1_000, 1_000, 10_000)),
    )  # fmt: skip
    yield Preset(
        "three-body-fotiadis", "three_body", about, FOTIADIS, "",
        box("[K2, 1.9, 2.1], [m1, 1.9, 2.1], [m2, 1.9, 2.1], [m3, 1.9, 2.1]",
            "away_max=0.02 | away_min=0.02, away_max=0.05", (10_000, 1_000, 1_000, 1_000)),
    )  # fmt: skip


_MELODIES = Preset(
    "dmelodies-70-20-10", "dmelodies", "the published shares, by a seeded order", PATI, "", "train=0.7,validation=0.2,test=0.1"
)
PRESETS: tuple[Preset, ...] = (
    *_correlated(), *_held_out(), *_weak(), *_causal(), *_scenes(), *_signals(), *_graphs(), *_language(),
    *_sounds(), *_shells(), _MELODIES,
)  # fmt: skip
