"""Inputs of a run, cut into pieces that are read on their own."""
