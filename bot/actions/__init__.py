"""The only writers. One named function is one transaction and one change of state, with its audit row."""
