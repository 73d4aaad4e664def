"""Encoders that add up one vector a token."""
