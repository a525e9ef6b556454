"""`kith bench events`: events sent to a real server, beside bare inserts of the same facts."""

from benchmarks.events.measure import run

__all__ = ["run"]
