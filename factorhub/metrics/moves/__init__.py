"""Scores of how codes move when factors do: over pairs that differ in one factor, and over traversals."""
