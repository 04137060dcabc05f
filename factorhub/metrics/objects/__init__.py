"""Scores of scenes of objects: predicted instance maps against the true ones, slots against the objects' factors."""
