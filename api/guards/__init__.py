"""What stands between a request and its route, and between an answer and its asker: limits, the log, repeated requests.

Each module holds one of them and knows Flask; none knows a route.
"""
