"""A stand-in for the outside: advertising platforms and a CMS that speak their real wire formats.

It runs as a process of its own (`python -m umt.sandbox`) and imports nothing else of `umt`: it is the outside world.
README.md in this folder lists what it serves.
"""
