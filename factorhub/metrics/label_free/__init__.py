"""Scores of codes (N, D) by themselves, without factors, and of the codes of several models against one another."""
