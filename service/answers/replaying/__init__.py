"""Receipts of score answers, and answers given again from the facts."""
