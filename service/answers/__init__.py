"""The answers: one frozen pydantic model each, which the commands write and the HTTP API sends as it is.

In go a serving context and the parts of a question; out comes a model, whose `to_json()` is the JSON object. A model
called like a value of graph or gnn with `Answer` behind it is that value in words and by ids. It may import wording.
"""
