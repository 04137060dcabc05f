"""Dynamical systems with domain parameters as factors, one file a system."""
