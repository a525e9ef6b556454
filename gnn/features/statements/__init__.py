"""What parties say of one another: ratings, and which statements of trust count because somebody stands behind them.

In: a snapshot. Out: ratings by pair, and the network that features read. Imports graph only.
"""
