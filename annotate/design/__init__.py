"""The design: which units are drawn for coding, by which rule, with which probability."""
