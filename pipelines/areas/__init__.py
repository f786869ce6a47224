"""Homes summed over areas: membership, and one aggregation for all area types. Not for publication."""
