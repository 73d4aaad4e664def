"""How many labels it takes, and how near a share is by now."""
