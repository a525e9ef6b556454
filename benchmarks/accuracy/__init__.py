"""`kith bench accuracy`: every published split again, beside the marks and the baselines, as the page docs/accuracy.md.

In: the data sets. Out: rows of figures, and the page. `measure` runs the tasks, `tasks` says what they are, `page`
writes.
May import the commands, as a user runs them, and service for what is cached.
"""

from benchmarks.accuracy.measure import run

__all__ = ["run"]
