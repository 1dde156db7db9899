"""The ``umt`` command; thin."""
