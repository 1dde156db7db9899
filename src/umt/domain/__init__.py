"""What is true: aggregates, events, value objects, policies. Pure: no I/O, no clock, no framework."""
