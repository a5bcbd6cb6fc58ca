"""Families and their members: found, linked to an account, asked for their wishes, and seen in clear with a reason."""
