"""Scores of what a decoder makes, by the factors that an exact reader finds in it."""
