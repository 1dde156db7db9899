"""What can be asked: commands and their handlers, the five agents, and the ports they need."""
