"""Joins people to places over streets: attachments, the kernel, pairs."""
