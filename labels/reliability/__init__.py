"""How far coders agree: coefficients, intervals, and where they differ."""
