"""Batch jobs over HTTP, and the process that runs them."""
