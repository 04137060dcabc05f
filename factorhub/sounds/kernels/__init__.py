"""Compiled loops of the sounds."""
