"""Answers for those who draw the network: what a picture shows and what can be added to it."""
