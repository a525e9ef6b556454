"""Scores of many parties in one file, written at once or as a job that goes on where it was stopped."""
