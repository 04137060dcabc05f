"""Radio fingerprints under unknown channels: what tells devices apart in line of sight fails over echoes.

The fingerprint is the device's; the channel that it came through is another factor, which training must not have fixed.
"""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

import factorhub
from factorhub.regimes.presets import preset

protocol = preset("rf-unknown-channels")
made = factorhub.generator("rf_fingerprint", **dict(protocol.options))
rows = factorhub.recipe(made, splits=protocol.splits).source()
train, test = rows.read(np.arange(20_000)), rows.read(np.arange(20_000, 25_000))


def features(batch):
    """Moments of the received signal: power, imbalance of the branches, and their correlation."""
    real, imaginary = np.moveaxis(batch["signal"].astype(float), -1, 0)
    kurtosis = (real**4).mean(axis=1) / (real**2).mean(axis=1) ** 2
    return np.stack([real.var(axis=1), imaginary.var(axis=1), (real * imaginary).mean(axis=1), kurtosis], axis=1)


loud, clear = train["snr_value"] > 15, test["snr_value"] > 15
fitted = RandomForestClassifier(100, random_state=0).fit(features(train)[loud][:5000], train["device"][loud][:5000])
near = fitted.score(features(train)[loud][5000:], train["device"][loud][5000:])
far = fitted.score(features(test)[clear], test["device"][clear])
print(f"accuracy in line of sight {near:.2f}, over echoes {far:.2f}, by chance {1 / 16:.2f}")
assert near > 2.5 / 16
assert far < near - 0.05
