"""Reading files: CSV and Parquet as chunks of columns in bounded memory, and files of rejected rows read back.

In: a path and its CSV dialect. Out: chunks (columns, the line of each row, malformed rows), splits, and the folder for
the rejects of a source. It may import `notices` and `values`.
"""
