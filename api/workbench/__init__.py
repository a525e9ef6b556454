"""What the workbench needs beside the questions that everybody asks: its page, sessions, layouts, cases, alerts, views.

In go requests of a person who is signed in; out come the answers of service.casework. It may import what api may.
"""
