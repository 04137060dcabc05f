"""The metrics factorhub knows by name, one line each; anyone's `package.module:function` works wherever a name does."""

from __future__ import annotations

from factorhub.errors import InputError, cut, short, unknown
from factorhub.metrics.metric import Metric
from factorhub.named import imported

CATALOG: dict[str, str] = {
    "mig": "factorhub.metrics.codes.mig:mig",
    "mig_sup": "factorhub.metrics.codes.mig_sup:mig_sup",
    "jemmig": "factorhub.metrics.codes.jemmig:jemmig",
    "dcimig": "factorhub.metrics.codes.dcimig:dcimig",
    "modularity": "factorhub.metrics.codes.modularity:modularity",
    "dci": "factorhub.metrics.codes.dci:dci",
    "top_k": "factorhub.metrics.codes.top_k:top_k",
    "mcc": "factorhub.metrics.codes.mcc:mcc",
    "r2": "factorhub.metrics.codes.r2:r2",
    "factor_vae": "factorhub.metrics.codes.factor_vae:factor_vae",
    "beta_vae": "factorhub.metrics.codes.beta_vae:beta_vae",
    "sap": "factorhub.metrics.codes.sap:sap",
    "sap_r2": "factorhub.metrics.codes.sap_r2:sap_r2",
    "explicitness": "factorhub.metrics.codes.explicitness:explicitness",
    "irs": "factorhub.metrics.codes.irs:irs",
    "infomec": "factorhub.metrics.codes.infomec:infomec",
    "dmig": "factorhub.metrics.codes.dmig:dmig",
    "xmig": "factorhub.metrics.codes.xmig:xmig",
    "dlig": "factorhub.metrics.codes.dlig:dlig",
    "snc": "factorhub.metrics.codes.snc:snc",
    "nk": "factorhub.metrics.codes.nk:nk",
    "probe": "factorhub.metrics.codes.probe:probe",
    "dci_es": "factorhub.metrics.codes.dci_es:dci_es",
    "fairness": "factorhub.metrics.codes.fairness:fairness",
    "total_correlation": "factorhub.metrics.label_free.total_correlation:total_correlation",
    "effective_rank": "factorhub.metrics.label_free.effective_rank:effective_rank",
    "von_neumann_entropy": "factorhub.metrics.label_free.von_neumann_entropy:von_neumann_entropy",
    "udr": "factorhub.metrics.label_free.udr:udr",
    "omes": "factorhub.metrics.moves.omes:omes",
    "flatness": "factorhub.metrics.moves.flatness:flatness",
    "fg_ari": "factorhub.metrics.objects.fg_ari:fg_ari",
    "mbo": "factorhub.metrics.objects.mbo:mbo",
    "miou": "factorhub.metrics.objects.miou:miou",
    "covering": "factorhub.metrics.objects.covering:covering",
    "slot_dci": "factorhub.metrics.objects.slot_dci:slot_dci",
    "leakage": "factorhub.metrics.sequences.leakage:leakage",
    "swap": "factorhub.metrics.sequences.swap:swap",
    "rollout": "factorhub.metrics.sequences.rollout:rollout",
    "drift": "factorhub.metrics.sequences.drift:drift",
    "shd": "factorhub.metrics.causal.shd:shd",
    "intervention_targets": "factorhub.metrics.causal.intervention_targets:intervention_targets",
    "worst_environment": "factorhub.metrics.causal.worst_environment:worst_environment",
    "counterfactual_error": "factorhub.metrics.causal.counterfactual_error:counterfactual_error",
    "composition": "factorhub.metrics.codes.composition:composition",
    "traversal": "factorhub.metrics.generated.traversal:traversal",
    "slot_identifiability": "factorhub.metrics.objects.slot_identifiability:slot_identifiability",
}


def names() -> list[str]:
    """The names of all metrics in the catalog, in its order.

    >>> names()[0]
    'mig'
    """
    return list(CATALOG)


def metric(name: str) -> Metric:
    """The metric called `name`, or found at `package.module:function`.

    Raises:
        InputError: no such metric, or what is there was not declared to be one.

    >>> metric("mig").range
    (0.0, 1.0)
    """
    if not isinstance(name, str):
        raise InputError(f"a metric is asked for by name, such as 'mig'; got {short(name)}")
    target = CATALOG.get(name, name)
    if ":" not in target:
        raise unknown("metric", name, CATALOG, "the catalog (or give package.module:function)")
    found = imported("metric", target)
    made = found if isinstance(found, Metric) else getattr(found, "metric", None)
    if not isinstance(made, Metric):
        raise InputError(f"metric '{cut(name)}' says nothing of itself; put @factorhub.metrics.declare(…) above the function")
    return made
