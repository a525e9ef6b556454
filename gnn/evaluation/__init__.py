"""How good models are: trained and tested on splits, beside baselines, with figures and findings, never sentences.

In: a snapshot, labels float32[n] and splits. Out: reports of figures, and findings as codes (`findings`).
May import every other part of gnn; only service.evaluation, benchmarks and the commands that evaluate import it.
"""
