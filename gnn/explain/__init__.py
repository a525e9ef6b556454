"""Explanation of a score: exact shares, reason codes with evidence, removals, counterfactuals, feature effects.

In: a scorer, a party and the terms of a question. Out: values with codes and points; service puts them in words.
Imports: gnn.scoring and below; never gnn.training or gnn.evaluation.
"""
