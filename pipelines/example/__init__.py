"""Writes the example town in the sources' own file formats."""
