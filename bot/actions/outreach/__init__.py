"""Rounds of call-backs: who calls whom, when, and what came of it."""
