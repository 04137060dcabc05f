"""Melodies with nine factors: the dMelodies generator, its reader, and scores."""
