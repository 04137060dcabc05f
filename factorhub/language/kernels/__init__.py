"""The compiled loops of language: pieces of text put one after another."""
