"""Which factor vectors to render: frozen records that work with every generator, as data and as text."""

from factorhub.formulas import Formula
from factorhub.regimes.causal import Causal
from factorhub.regimes.correlated import Copula, Correlated
from factorhub.regimes.counterfactual import Counterfactual
from factorhub.regimes.environments import Environments
from factorhub.regimes.grid import Grid
from factorhub.regimes.labels import Labels
from factorhub.regimes.line import Line
from factorhub.regimes.linear_scm import LinearScm
from factorhub.regimes.mechanisms import Do, Mechanism
from factorhub.regimes.nearby import Perturbation, Radius
from factorhub.regimes.pairs import Pairs
from factorhub.regimes.record import from_dict, from_text, to_dict, to_text
from factorhub.regimes.regime import Draw, Regime
from factorhub.regimes.sequences import Sequence, Traversal, Walk
from factorhub.regimes.shell import Shell
from factorhub.regimes.splits import Splits
from factorhub.regimes.tasks import Tasks
from factorhub.regimes.temporal import Temporal
from factorhub.regimes.uniform import Uniform
from factorhub.regimes.where import Where

__all__ = [
    "Causal", "Copula", "Correlated", "Counterfactual", "Do", "Draw", "Environments", "Formula", "Grid", "Labels", "Line",
    "LinearScm", "Mechanism", "Pairs", "Perturbation", "Radius", "Regime", "Sequence", "Shell", "Splits", "Tasks", "Temporal",
    "Traversal", "Uniform", "Walk", "Where", "from_dict", "from_text", "to_dict", "to_text",
]  # fmt: skip
