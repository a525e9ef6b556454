"""Between granian and Flask: bodies that come slowly, questions that take long, and health apart from both.

Comes in: requests as granian hands them over (RSGI), on one event loop of each process. Goes out: complete requests to
the Flask application, on threads of lanes, so that nothing that waits for a client holds a thread.
"""
