"""The report of a case: its facts, what it says of them, and the page to print.

In go a desk and the number of a case; out come a report and its page. It may import the rest of casework.
"""
