"""Measures Songnuan beside its peers: `make bench` prints one table from one run."""
