"""Webhooks: other systems are told of a course's events, signed and until they have heard."""
