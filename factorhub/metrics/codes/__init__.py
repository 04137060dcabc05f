"""Scores of codes (N, D) against the factors (N, K) that made the observations; one file a metric."""
