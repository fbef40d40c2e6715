"""Analytics over HTTP: what a course's attempts say about its questions."""
