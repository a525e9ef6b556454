"""Whether groups are treated alike: group metrics by a protected column, and a mitigation of their difference.

In: predictions for test parties and the name of a protected column. Out: a fairness audit; a mitigated model.
May import gnn.evaluation.predictions, findings and network_reliance, gnn.training and below.
"""
