"""What exists, when, from what, and whether we may trust it: Dagster definitions and the command line.

No arithmetic stands here: a step reads, calls one function of `pipelines`, and returns tables.
"""
