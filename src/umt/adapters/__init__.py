"""The outside: what the ports of the application are in the real world."""
