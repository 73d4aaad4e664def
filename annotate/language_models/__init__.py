"""A language model as one more coder: what it is asked, how, and what its answers are worth."""
