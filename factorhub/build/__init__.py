"""From a generator and a regime to a set: recipes, the rows they describe, plans, and `generate`, `open` and `repair`."""

from factorhub.build.sets import follow, generate, generate_part, make, open, plan, repair

__all__ = ["follow", "generate", "generate_part", "make", "open", "plan", "repair"]
