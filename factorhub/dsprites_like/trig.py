"""The former place of `factorhub.trig`."""

from factorhub.trig import sincos as sincos
