"""The documented tree of errors is that of the classes; a message says what, where and what to do in one line."""

from __future__ import annotations

import re

import pytest

from graph import errors


def documented_tree() -> dict[str, str | None]:
    """Each class of the documented tree with its base class."""
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([| `-]*)([A-Z]\w+) {2,}", line)
        if found:
            depth = len(found[1]) // 4
            above = [*above[:depth], found[2]]
            parents[found[2]] = above[depth - 1] if depth else None
    return parents


def test_the_documented_tree_is_that_of_the_classes() -> None:
    classes = {name: one for name, one in vars(errors).items() if isinstance(one, type)}
    tree = {name: None if name == "KithError" else one.__bases__[0].__name__ for name, one in classes.items()}
    assert documented_tree() == tree


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (errors.UnknownParty("o'hara"), ['"o\'hara"', "search"]),
        (errors.UnfinishedLoad(7, "calls.csv"), ["load 7", "'calls.csv'", "kith load --undo 7"]),
        (errors.Unsupported("SQLite store x", "raw Cypher", "it speaks SQL"), ["SQLite store x", "raw Cypher", "SQL"]),
    ],
)
def test_a_message_says_what_where_and_what_to_do_in_one_line(error: errors.KithError, parts: list[str]) -> None:
    assert all(part in str(error) for part in parts)
    assert "\n" not in str(error)
