"""`kith mapping suggest` and `check`: the first draft of a mapping from what files show, and what of one does not fit.

In go files; out comes the text of a mapping, in which every guess has a comment that begins with `# ?`. Nothing is
asked. Layers: `draft | check`, `tables`, `toml_text | overlap`, `columns`, `evidence | vocabulary | sample`. May import
graph and, in `check`, what loads.
"""
