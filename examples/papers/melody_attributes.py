"""Interdependent attributes of melodies: which of them constrain one another, and which are free.

Models that regularise a dimension for each attribute assume that attributes can be set one by one. Syncopation and rhythmic
complexity follow from the same factors; contour and syncopation share none.
"""

import numpy as np
from sklearn.metrics import normalized_mutual_info_score

import factorhub

NAMES = ["contour", "largest_leap", "rhythmic_complexity", "syncopation"]
rows = factorhub.recipe("dmelodies", rows=20_000, derive=NAMES).source()
batch = rows.read(np.arange(20_000), NAMES)

shared = np.array([[normalized_mutual_info_score(batch[a], batch[b]) for b in NAMES] for a in NAMES])
print(np.round(shared, 3))
assert shared[0, 1] > 0.1, "contour and the widest step both follow from the scale and the chords"
assert shared[2, 3] > 0.1, "both follow from the rhythms"
assert shared[:2, 2:].max() < 0.01, "pitch and rhythm are independent on the grid"

# a set in which they are not: rising syncopation with rising register
leaning = factorhub.recipe("dmelodies", rows=5000, regime="correlated(pairs=[[syncopation, octave]], sigma=0.2)", derive=NAMES)
batch = leaning.source().read(np.arange(5000), ["syncopation", "octave"])
assert np.corrcoef(batch["syncopation"], batch["octave"])[0, 1] > 0.5
