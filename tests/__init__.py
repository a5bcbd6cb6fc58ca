"""Tests of Songnuan; `python -m tests` runs them all on both databases."""
