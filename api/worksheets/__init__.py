"""Worksheets over HTTP: exercises in an order, released to a course."""
