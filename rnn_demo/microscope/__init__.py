"""Hidden states -> arrays."""
