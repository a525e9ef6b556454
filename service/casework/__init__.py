"""The work of investigators: cases, alerts, views, case reports and the figures of all that.

In go a serving context, the records, a reader (who asks, and what they may see) and a change; out come answers. It may
import the answers of service and its records. Nothing here is ever a feature of a score.
"""
