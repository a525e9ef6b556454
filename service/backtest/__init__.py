"""`kith backtest`: would the score have replaced the deposit or membership check that a file of orders tells of?

In: orders (`loaders.orders`), facts, a purpose. Out: what would have been approved, lost and missed, in numbers, words
and a page. Layers: backtest > page | verdict > rates > walk_forward.
"""
