"""Heads: from vectors to calibrated probabilities, and from these to labels."""
