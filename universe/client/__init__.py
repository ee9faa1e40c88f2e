"""The universe from elsewhere: a served one in Python, and its seats for other people's training code."""
