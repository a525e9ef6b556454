"""What is asked of Kith, without HTTP: scores, explanations, relationships, rings, scenarios, evaluation, training.

In go a serving context (snapshot, model, settings) and a question; out come closed pydantic answers and reports.
It may import gnn, loaders and graph. Layers: answers, evaluation, training > wording > context > workspace, settings,
records, engine, closed.
"""
