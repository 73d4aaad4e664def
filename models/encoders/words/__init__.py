"""Encoders that count words and pieces of words."""
