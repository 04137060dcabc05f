"""The compiled loops of regimes, each named after the regime it serves; `shared` holds those of several."""
