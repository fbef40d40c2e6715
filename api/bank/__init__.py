"""The bank over HTTP: templates, and the exercises made from them."""
