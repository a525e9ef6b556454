"""Ids that look alike: those that differ only in case, blanks, accents' composition, leading zeros and the like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from graph.stores.base import GraphStore
from loaders.notices import Notices

MAX_IDS: Final = 1_000_000  # that differ from their plain form, of which a load keeps account
_INVISIBLE: Final = re.compile(r"[\s\0\ufeff\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069]+")
_ZEROS: Final = re.compile(r"0*([0-9]+?)(?:\.0+)?")


def plain_form(id: str) -> str:
    """The id without case, blanks, invisible characters, composition, and the zeros that spreadsheets add or drop."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", id).casefold())
    digits = _ZEROS.fullmatch(plain)
    return digits[1] if digits else plain


class LookAlikes:
    """The ids of a load by their plain form, so that two of one form are told at its end."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {}

    def add(self, ids: Iterable[str]) -> None:
        """Take ids of parties into account; those that are their own plain form cost nothing."""
        for id in ids:
            plain = plain_form(id)
            if plain != id and (plain in self._ids or len(self._ids) < MAX_IDS):
                self._ids.setdefault(plain, set()).add(id)

    def note(self, notices: Notices, store: GraphStore, source: str, known: Sequence[set[str]]) -> None:
        """Note every form that two ids have; an id that is its own form is looked up in `known` and in the store."""
        single = [plain for plain, ids in self._ids.items() if len(ids) == 1]
        here = {plain for plain in single if any(plain in ids for ids in known)}
        elsewhere = [plain for plain in single if plain not in here]
        present = here | (set(elsewhere) - store.missing(elsewhere) if elsewhere else set())
        alike = [(plain, ids) for plain, ids in self._ids.items() if len(ids) > 1 or plain in present]
        for plain, ids in alike:
            pair = sorted(ids | ({plain} if plain in present else set()))[:2]
            notices.add(source, "look_alikes", " and ".join(map(repr, pair)))
