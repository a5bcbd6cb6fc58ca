"""What is said to which groups, and when."""
