"""Regrades over HTTP, and what a new verdict does to a mark."""
