"""The calls that metrics of other libraries make, over any whole grid: a stored set, or a generator that renders it."""
