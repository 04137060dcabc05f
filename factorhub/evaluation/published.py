"""The published protocols, with where each comes from: a list, of which only what its source says is fixed.

Each was published with one draw of rows; its error here is then that of a jackknife, where its metrics are quick.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from factorhub.errors import unknown
from factorhub.evaluation.protocol import Protocol

Settings = tuple[tuple[str, Any], ...]
COUNTED: Settings = (("bins", 20), ("exact", 0), ("floor", None), ("miller_madow", False))  # as disentanglement_lib counts
MIG, MODULARITY = ("mig", COUNTED), ("modularity", COUNTED)
SAP: tuple[str, Settings] = ("sap", (("standardise", False),))
DCI: tuple[str, Settings] = ("dci", (("estimator", "gbt"),))
IRS: tuple[str, Settings] = ("irs", (("factor_bins", 20),))
FACTOR_VAE: tuple[str, Settings] = ("factor_vae", (("active", 0.05),))
BASIC = ("mig", "mig_sup", "dcimig", "jemmig", "modularity", "dci", "mcc", "r2", "sap_r2", "factor_vae")
STUDY = (("beta_vae", ()), FACTOR_VAE, MIG, MODULARITY, ("explicitness", ()), DCI, SAP)
SIZES = "15,000 rows, of which fitted metrics take 10,000 to train"

PROTOCOLS: tuple[Protocol, ...] = (
    Protocol(
        "calibrated",
        "what this project reports: the basic metrics with exact bins and corrections, over five fresh draws",
        "this project; docs/evaluation.md",
        tuple((name, ()) for name in BASIC),
    ),
    Protocol(
        "dlib-study",
        f"the settings of disentanglement_lib: {SIZES}. Its modularity is the part 'all codes'",
        "Locatello et al.: Challenging common assumptions in the unsupervised learning of disentangled representations (ICML 2019)",
        STUDY, n=15_000, draws=1,
    ),
    Protocol(
        "dlib-quick",
        "as dlib-study without boosted trees, which take minutes: MIG, modularity, SAP, IRS, FactorVAE, BetaVAE",
        "Locatello et al. (ICML 2019); disentanglement_lib",
        (("beta_vae", ()), FACTOR_VAE, MIG, MODULARITY, SAP, IRS), n=15_000, draws=1,
    ),
    Protocol(
        "dmelodies-benchmark",
        "MIG, modularity and SAP of sampled codes of 102,912 rows of the test split; SAP fits 60% of them",
        "Pati, Gururani, Lerch: dMelodies (ISMIR 2020)",
        (MIG, MODULARITY, ("sap", (("standardise", False), ("train", 0.6)))),
        n=102_912, draws=1, generator="dmelodies", split="test", presets=("dmelodies-70-20-10",), code="sample",
        seeds=(0, 1, 2),
    ),
    Protocol(
        "infomec-benchmark",
        "InfoM, InfoE and InfoC by nearest neighbours, k = 10, of 10,000 rows. InfoE is measured on held-out rows, where the "
        "published one is on those that were fitted",
        "Hsu, Dorrell, Whittington, Wu, Finn: Disentanglement via latent quantization (NeurIPS 2023)",
        (("infomec", (("estimator", "knn"), ("neighbours", 10))),), draws=1, seeds=(42, 43, 44),
    ),
    Protocol(
        "traeuble-correlated",
        f"the study's metrics, IRS and unfairness after training on correlated factors; judged on the independent grid; {SIZES}",
        "Träuble et al.: On disentangled representations learned from correlated data (ICML 2021)",
        (*STUDY, IRS, ("fairness", ())), n=15_000, draws=1, presets=("*-traeuble-*",),
    ),
    Protocol(
        "montero-held-out",
        "DCI of the split test: combinations that were left out of training. Their reconstruction error needs a decoder",
        "Montero, Ludwig, Costa, Malhotra, Bowers: The role of disentanglement in generalisation (ICLR 2021)",
        (DCI,), draws=1, split="test", presets=("*-montero-*",),
    ),
    Protocol(
        "bethgelab-in-domain",
        "R² of each factor on the split test, read linearly from codes; the published numbers are of a model's own predictions",
        "Schott et al.: Visual representation learning does not generalize strongly within the same domain (ICLR 2022)",
        (("r2", ()),), draws=1, split="test", presets=("*-in-domain-*",),
    ),
    Protocol(
        "locatello-pairs",
        f"the study's metrics after training on pairs; judged on single rows of the independent grid; {SIZES}",
        "Locatello et al.: Weakly-supervised disentanglement without compromises (ICML 2020)",
        STUDY, n=15_000, draws=1, presets=("locatello-pairs-*",),
    ),
    Protocol(
        "fotiadis-dynamics",
        "MIG, SAP (squared correlations) and D for the parameters of dynamical systems, on the split test",
        "Fotiadis et al.: Disentangled generative models for robust prediction of system dynamics (ICML 2023)",
        (MIG, ("sap_r2", ()), DCI), draws=1, split="test", presets=("*-fotiadis",),
    ),
    Protocol(
        "fotiadis-forecast",
        "error of forecasts against their horizon, and drift of what the dynamics keep, for the box of training and two shells",
        "Fotiadis et al.: Disentangled generative models for robust prediction of system dynamics (ICML 2023)",
        (("rollout", ()), ("drift", ())), n=1_000, draws=1, split="test", presets=("*-fotiadis",),
    ),
    Protocol(
        "object-discovery",
        "FG-ARI over the pixels of true objects in all frames, beside mBO, mIoU and covering, since FG-ARI alone rewards blocks; "
        "the number of scenes is this project's",
        "Greff et al.: IODINE (ICML 2019); Locatello et al.: Slot attention (NeurIPS 2020)",
        (("fg_ari", ()), ("mbo", ()), ("miou", ()), ("covering", ())), n=1_000, draws=1,
    ),
    Protocol(
        "counterfactual",
        "steps between the factors of a model's counterfactual and those of the true one, which the generator gives exactly",
        "this project, in place of trained judges",
        (("counterfactual_error", ()),), n=1_000, draws=1, presets=("dsprites-counterfactuals",),
    ),
)  # fmt: skip


def find(name: str) -> Protocol | None:
    """The protocol called `name`; None where no protocol is."""
    return next((item for item in PROTOCOLS if item.name == name), None)


def protocol(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        InputError: there is none; suggests the nearest.

    >>> protocol("dlib-study").metrics_asked["mig"]["bins"]
    20
    """
    found = find(name)
    if found is None:
        raise unknown("protocol", name, protocols())
    return found


def protocols() -> list[str]:
    """The names of all protocols."""
    return [item.name for item in PROTOCOLS]


def protocols_of(preset: str) -> list[str]:
    """The names of the protocols that are for the rows of this preset.

    >>> protocols_of("dmelodies-70-20-10")
    ['dmelodies-benchmark']
    """
    return [item.name for item in PROTOCOLS if any(fnmatch.fnmatchcase(preset, pattern) for pattern in item.presets)]
