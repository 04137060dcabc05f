"""Generators of sound: melodies that are played, and voices that speak."""
