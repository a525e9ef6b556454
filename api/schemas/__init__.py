"""The questions: one closed pydantic model for the query or the body of each route. Answers are those of service.

In go query parameters and JSON bodies; out come frozen models. It may import the closed base and the words of service.
"""
