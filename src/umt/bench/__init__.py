"""Measurements: each figure beside a baseline and beside the database's own limit, in one run on one server."""
