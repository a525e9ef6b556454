"""Sending events to webhooks, by the rules of Standard Webhooks.

Comes in: deliveries from the records. Goes out: signed requests, to addresses that may be asked. It imports
service.records and the job worker; nothing of Flask.
"""
