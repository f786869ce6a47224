"""Shows `out/*`: start page, map, files for analysts."""
