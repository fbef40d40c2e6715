"""The service about itself: what it is, whether it is well, its OpenAPI document."""
