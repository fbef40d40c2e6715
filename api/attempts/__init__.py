"""Attempts over HTTP, and their way to a verdict."""
