"""The built-in town: a seeded synthetic network with fraud rings, decoys, contagion and ratings, written as files.

In: a number of parties and a seed. Out: an exchange folder, and the ground truth that it does not hold. It may import
graph, and nothing else of loaders, so that the town comes to Kith as any other source does.
"""
