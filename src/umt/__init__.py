"""Ultimate Marketing Team: an event-sourced marketing backend."""

__version__ = "0.1.0"
