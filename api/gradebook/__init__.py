"""Marks of learners, item by item, over HTTP."""
