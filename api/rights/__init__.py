"""What the party scored asks and those who answer it: disputes, notices, the own report.

In go requests; out come answers of `service.rights`. It may import api's access, context and schemas.
"""
