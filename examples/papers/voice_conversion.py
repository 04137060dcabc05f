"""Voice conversion: pairs of two speakers who say the same, frame by frame, and the map between them.

After Toda, Black, Tokuda: Voice conversion by estimation of spectral parameter trajectory (2007), and Qian et al.: AutoVC (2019).
What such models rely on: what is said and its pitch are the same in both recordings, the speakers are not, and a map that is
learnt on some sentences carries other sentences over.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import preset
from factorhub.sounds.plots import log_mel
from factorhub.testing import sample

voices = factorhub.generator("voices")
pairs = preset("voices-conversion-pairs").regime.draw(voices.space, 0, np.arange(32)).values
pairs[..., voices.space.index("jitter")] = 0  # of the speaker too, and heard in the pitch
batch = voices.render(pairs)
assert np.array_equal(batch["unit"][:, 0], batch["unit"][:, 1])  # the same units at the same frames
assert np.array_equal(batch["f0"][:, 0], batch["f0"][:, 1])
assert (np.abs(batch["audio"][:, 0] - batch["audio"][:, 1]).max(axis=1) > 0.001).all()

# one speaker to one other: a linear map of spectral frames, learnt on 40 sentences and tried on 20 others
said = np.repeat(sample(voices.space, 60, seed=1)[:, None], 2, axis=1)
for name, of_both in {"tract": (0.9, 1.15), "tilt": (-8, -12), "bandwidth": (80, 120), "jitter": (0, 0), "gain": (-6, -6)}.items():
    said[..., voices.space.index(name)] = of_both
sounds = voices.render(said)
frames = np.array([[log_mel(sound, 16_000, 75, 40).T for sound in pair] for pair in sounds["audio"]]).clip(-60)
spoken = sounds["unit"][:, 0, ::4] > 0
source, target = (np.concatenate([f[s] for f, s in zip(frames[:40, i], spoken, strict=False)]) for i in (0, 1))
bias = np.ones((len(source), 1))
learnt = np.linalg.lstsq(np.hstack([source, bias]), target, rcond=None)[0]
source, target = (np.concatenate([f[s] for f, s in zip(frames[40:, i], spoken[40:], strict=True)]) for i in (0, 1))
before, after = np.abs(source - target).mean(), np.abs(np.hstack([source, np.ones((len(source), 1))]) @ learnt - target).mean()
print(f"distance of unseen sentences to the target speaker: {before:.1f} dB as they are, {after:.1f} dB converted")
assert after < 0.6 * before
