"""Measures what the client costs beside having none: `make bench`.

Each figure is a ratio against its floor, taken in the same run.
"""
