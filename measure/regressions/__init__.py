"""Regressions on what was tagged, corrected for the errors of the model."""
