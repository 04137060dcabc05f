"""Graphs: communities and interests over time, concepts that cause one another, users and items with intents."""
