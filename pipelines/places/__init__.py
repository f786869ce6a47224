"""The register of places where neighbours meet."""
