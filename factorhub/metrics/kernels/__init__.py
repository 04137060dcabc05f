"""Compiled loops of metrics; each is imported where it is called."""
