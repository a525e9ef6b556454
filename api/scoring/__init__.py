"""What services ask: scores of one party or many, explanations, receipts of answers and their replays.

In go requests; out come answers of `service.answers`. It may import api's access, context and schemas.
"""
