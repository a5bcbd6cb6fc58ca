"""What only pages ask for: reads of the tables, each within the units of the person who looks."""
