"""Compiled helpers that several rooms share: random words, permutations, sines, normal scores, columns, machine words."""
