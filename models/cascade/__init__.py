"""A cascade: fast students answer what they are sure of, and their teacher the rest."""
