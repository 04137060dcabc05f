"""The compiled loops that draw sprites, scenes and rooms."""
