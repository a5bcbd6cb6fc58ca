"""The outbox and who empties it: claims, accounts, other roads, and what became of each row."""
