"""The Sentiment tab."""
