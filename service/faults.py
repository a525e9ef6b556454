"""What is wrong with a value that somebody wrote, in one line."""

from __future__ import annotations

from pydantic import ValidationError


def first_fault(error: ValidationError) -> str:
    """The first fault: its place, and what must stand there."""
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {plainly(fault['msg'])}"


def plainly(message: str) -> str:
    """What must stand there, without the name of the error that said so.

    >>> plainly("Value error, send a number")
    'send a number'
    """
    return message.removeprefix("Value error, ")
