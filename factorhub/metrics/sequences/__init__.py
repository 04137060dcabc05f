"""Scores of sequences: what leaks between static and dynamic codes, swaps, and how far predictions drift."""
