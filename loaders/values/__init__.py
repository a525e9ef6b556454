"""What a cell means: Arrow columns of texts, numbers, dates or bytes as texts, float64 numbers and times.

In: one Arrow column and, for times, its unit. Out: an Arrow column of texts, or a float64 array in which NaN is missing
and infinity is not a value. It may import nothing of loaders.
"""
