"""What may go out: the only room that writes `out/*`."""
