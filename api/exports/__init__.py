"""Exports over HTTP: the facts themselves, for other programs."""
