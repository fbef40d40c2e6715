"""Practice sets over HTTP: what learners are asked, and under which policy."""
