"""Brings deliveries in: one module per source, each ending in a contract."""
