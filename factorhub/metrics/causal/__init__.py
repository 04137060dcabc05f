"""Scores of causal models: graphs, targets of interventions, environments, counterfactuals."""
