"""The Units tab."""
