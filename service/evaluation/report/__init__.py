"""How an evaluation is shown: findings as English sentences, charts, the model card, and one HTML page of it all.

In: an evaluation. Out: text, SVG and HTML. Every sentence about an evaluation is made here.
May import service.evaluation, gnn.evaluation and graph.
"""
