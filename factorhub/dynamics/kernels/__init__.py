"""The compiled loops of dynamics that follow no differential equation: collisions, and discs drawn as frames."""
