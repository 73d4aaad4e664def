"""Annotations: what each coder said of each unit, on disk and in tables."""
