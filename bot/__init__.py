"""Songnuan 送暖: tips out on time, quiet requests for help heard, and someone held to answer."""
