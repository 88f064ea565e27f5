"""What happens when many visitors come at once."""
