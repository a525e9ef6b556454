"""What the person scored can do: disputes with their clocks, notices, the own report, statements; by legal profiles.

Comes in: the records, the store of the facts, a clock that is an argument. Goes out: pydantic models that are kept and
answered as they are. `law/` and `calendars/` are data. It may import service.records, service.wording, service.answers,
loaders and graph; nothing of Flask.
"""
