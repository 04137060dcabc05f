"""Sequential disentanglement of audio: what stays over a clip (who plays, how) swapped against what moves (the notes).

After Naiman, Berman, Azencot: Sample and predict your latent (ICML 2023), and the audio set of MSD-Benchmark (2025): one bar of
dMelodies by four instruments, 16,128 clips. What such models rely on: static and dynamic factors are independent, and the swap of
either between two clips has a true answer, which a reader can check.
"""

import numpy as np

import factorhub
from factorhub.metrics.sequences.swap import swap

tunes = factorhub.generator("tunes", bars=1, octave=4)
assert len(tunes.space) == 16_128
static = np.array([factor.name in ("instrument", "tonic", "scale") for factor in tunes.space])
varied = [i for i, factor in enumerate(tunes.space) if factor.size != 1]
rows = np.random.default_rng(0).permutation(len(tunes.space))[:400].reshape(2, 200)
a, b = tunes.space.codes(rows)
mixed = np.where(static, a, b)  # the truth: a's instrument, tonic and scale with b's rhythm and directions
truth, of_a, of_b = (tunes.render(tunes.space.values(codes)) for codes in (mixed, a, b))

assert np.array_equal(truth["tokens"] == 1, of_b["tokens"] == 1)  # the rests, and so the rhythm, are b's
same = (a[:, static] == b[:, static]).all(axis=1)
assert np.array_equal(truth["audio"][same], of_b["audio"][same])  # where nothing static differs, a swap changes nothing

score = swap(mixed[:, varied], a[:, varied], b[:, varied], static[varied].tolist())
untouched = swap(a[:, varied], a[:, varied], b[:, varied], static[varied].tolist())
print(f"swap score of the truth {float(score):.2f}, of a model that does not swap {float(untouched):.2f}")
assert (score, untouched.parts["from a"], untouched.parts["from b"]) == (1, 1, 0)

# rhythm is heard: the loud frames of the swapped clip are b's, at any instrument
loud = [np.abs(batch["audio"][:, 800:32_800]).reshape(200, 8, 4000)[:, :, 1500:3500].max(axis=2) > 0.02 for batch in (truth, of_b)]
assert (loud[0] == (of_b["tokens"] > 1)).all()
assert (loud[0] == loud[1]).all()
