"""The compiled loops of wrappers."""
