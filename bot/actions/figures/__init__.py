"""Totals that can be opened to their rows, and how things stand."""
