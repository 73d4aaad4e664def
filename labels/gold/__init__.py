"""Gold: one answer a unit and dimension, and how it came about."""
