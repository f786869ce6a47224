"""What residents say: scales and estimates per area."""
