"""The integrator: equations recorded as operations, Taylor series of them, vector operations, double-double arithmetic."""
