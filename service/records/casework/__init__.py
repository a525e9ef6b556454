"""The work of investigators as it is kept: cases, alerts, views, and the acts on them."""
