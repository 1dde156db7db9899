"""What the API gives: one file per context."""
