"""The command `kith`: each module adds its commands to one typer application.

In go arguments and options; out come lines for people and, with --json, one JSON object. It may import everything, but
imports what is heavy only inside a command, so that `kith --help` is quick.
"""
