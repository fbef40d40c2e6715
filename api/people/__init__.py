"""Who is in a course, over HTTP."""
