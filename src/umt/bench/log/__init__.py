"""``umt bench log``: the log and the projections beside the stock library and beside PostgreSQL itself."""
