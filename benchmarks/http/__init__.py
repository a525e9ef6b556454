"""Scores over HTTP beside a constant answer: `measure` runs wrk, `serving` is the server with one more route.

In go a number of parties and seconds; out come the rows of `kith bench http`.
"""

from benchmarks.http.measure import run

__all__ = ["run"]
