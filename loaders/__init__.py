"""Loading: files of other systems become checked facts in a store, and every row that cannot be one is reported.

In: CSV and Parquet files, and a mapping of their columns to fields. Out: the facts of one load, counts, and files of
rejected rows. It may import graph; `synthetic`, the built-in town, imports nothing else of loaders.
"""
