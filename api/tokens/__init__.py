"""Bearer tokens over HTTP: given out once, narrowed, revoked."""
