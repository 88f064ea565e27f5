"""The Entities tab."""
