"""What is computed: arguments in; tables, arrays and HTML out.

Nothing here knows Dagster, the clock, environment variables or module state. One room per folder; the order of
the rooms is in README.md and is enforced by import-linter.
"""
