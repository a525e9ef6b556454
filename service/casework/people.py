"""Who reads and writes cases: a person by name, and what the key of that person may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graph.purposes import Purpose

ME: Final = "me"  # how a person names themself as an assignee


@dataclass(frozen=True, slots=True)
class Reader:
    """A person, the purposes that their key may ask for, and the kinds of links that it may see."""

    person: str
    purposes: Mapping[str, Purpose]
    kinds: frozenset[str]

    def named(self, name: str) -> str:
        """The person meant by a name; `me` is the reader."""
        return self.person if name == ME else name


def same_person(one: str, other: str) -> bool:
    """Whether two names are those of one person: four eyes are those of two."""
    return one.casefold() == other.casefold()
