"""How campaigns perform, and what should follow from it."""
