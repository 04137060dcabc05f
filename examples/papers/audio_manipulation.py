"""Audio manipulation: an effect is a factor beside the music, known by kind and strength, and applied to any tune.

After Steinmetz, Bryan, Reiss: Style transfer of audio effects with differentiable signal processing (JAES 2022). What such models
rely on: one piece of music can be had dry and under each effect, an effect leaves the notes alone, and what it did to some tunes
tells which effect it was on others.
"""

import numpy as np

import factorhub
from factorhub.sounds.plots import log_mel
from factorhub.testing import sample

tunes = factorhub.generator("tunes")
effects = tunes.space["effect"].labels
dry = sample(tunes.space, 96, seed=0)
dry[:, tunes.space.index("effect")] = 0


def wet(effect: str, strength: float) -> dict[str, np.ndarray]:
    values = dry.copy()
    values[:, tunes.space.index("effect")], values[:, tunes.space.index("strength")] = effects.index(effect), strength
    return tunes.render(values)


def spectra(batch: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack([log_mel(sound, 16_000, frames=64, bands=40) for sound in batch["audio"]]).clip(-60)


plain, traces = tunes.render(dry), {}
before = spectra(plain)
for effect in effects[1:]:
    mild, strong = wet(effect, 0.0), wet(effect, 1.0)
    assert np.array_equal(strong["tokens"], plain["tokens"])  # the music stays
    assert np.array_equal(strong["f0"], plain["f0"]) == (effect != "pitch shift")
    change = spectra(strong) - before
    traces[effect] = np.concatenate([change.mean(axis=2), change.std(axis=2), np.ones((96, 1))], axis=1)
    apart = [np.sqrt(((batch["audio"] - plain["audio"]) ** 2).mean()) for batch in (mild, strong)]
    print(f"{effect:12} difference to the dry sound {apart[0]:.4f} mild, {apart[1]:.4f} strong")

# how the spectra of 64 tunes changed tells the effects on 32 others
train = np.concatenate([trace[:64] for trace in traces.values()])
weights = np.linalg.solve(train.T @ train + 10 * np.eye(81), train.T @ np.repeat(np.eye(6), 64, axis=0))
right = [(trace[64:] @ weights).argmax(axis=1) == i for i, trace in enumerate(traces.values())]
print(f"effect recognised on unseen tunes: {np.mean(right):.0%}, by chance {1 / len(traces):.0%}")
assert np.mean(right) > 0.7
