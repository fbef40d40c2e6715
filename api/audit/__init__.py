"""Who changed what, over HTTP."""
