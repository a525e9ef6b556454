"""Kith's tests. Python runs this file before any test imports numpy, so what it sets holds for every library."""

import os

# The networks of the tests are small: several threads would only wait for one another, and for the other processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
