"""The texts of answers: reasons, effects, trust evidence and rings in words, for three audiences in two languages.

In go coded facts of gnn and graph, and a voice; out come answer models with texts. Sentences are data in texts/.
It may import context and what lies below it, not answers.
"""
