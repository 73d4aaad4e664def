"""The ready codebooks, as YAML files."""
