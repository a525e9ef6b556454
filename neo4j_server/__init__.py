"""A real Neo4j from ordinary jars on a loopback port, for the tests and for trying it.

In: a folder for its data. Out: the URL of a running server. Imports graph.errors alone of our packages.
"""
