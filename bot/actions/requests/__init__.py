"""A help request from the first word to the confirmed help, and the alerts that will not let go."""
