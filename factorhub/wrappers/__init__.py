"""Generators around other generators, one file each: the rows of any of them with more factors and fields."""
