"""Load on a service of its own: the benchmark of the way from an attempt to its verdict."""
