"""Address books (vCard 3 and 4): one row a card for parties, one for each phone number of a card for other tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import vobject
from vobject.base import Component, ParseError, VObjectError

from loaders.reading.chunk import Chunk, MalformedRow
from loaders.reading.dialect import CsvDialect
from loaders.reading.records import Record, record_chunks
from loaders.reading.text_lines import TextLine, text_lines

CARD_COLUMNS: Final = ("uid", "name", "phone", "phone_type", "email", "org", "title", "address")
MAX_CARD_LINES: Final = 20_000  # photos are long; a card of more has lost its end
MAX_RAW: Final = 1 << 16  # characters of a malformed card that its rejects file has
_ESCAPED: Final = re.compile(r"\\([\\,;:nN])")
_NOT_PHONES: Final = {"fax", "pager", "modem", "bbs", "video", "textphone"}


def columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """Names of the columns, the same for every address book."""
    return CARD_COLUMNS


def chunks(path: Path, dialect: CsvDialect, chunk_rows: int) -> Iterator[Chunk]:
    """The cards, or their phone numbers, in order, with the line at which each card begins."""
    return record_chunks(CARD_COLUMNS, _records(path, dialect), chunk_rows)


def _records(path: Path, dialect: CsvDialect) -> Iterator[Record | MalformedRow]:
    for item in _cards(path, dialect.encoding):
        if isinstance(item, MalformedRow):
            yield item
            continue
        line, text = item
        try:
            card = vobject.readOne(text, validate=False, transform=False)
        except (ParseError, VObjectError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())
            yield MalformedRow(line, "bad_vcard", f"it is no card ({reason})", (text[:MAX_RAW],))
            continue
        phones = _phones(card)
        if dialect.table == "parties":
            phones = [(0, *phone[1:]) for phone in phones[:1]] or [(0, None, None)]
        for offset, phone, kind in phones:
            yield Record(line + offset, _row(card, phone, kind))


def _cards(path: Path, encoding: str) -> Iterator[TextLine | MalformedRow]:
    """The text of each card with its first line; what stands between cards is skipped.

    A card with a line that cannot be read is malformed.
    """
    card: list[str] = []
    begin = 0
    fault: MalformedRow | None = None
    for line in text_lines(path, encoding):
        if isinstance(line, MalformedRow):
            fault = line if card else None
            continue
        word = line.text.strip().upper()
        if card and (word == "BEGIN:VCARD" or len(card) >= MAX_CARD_LINES):
            yield fault or TextLine(begin, "\n".join(card))  # it has lost its end
            card, fault = [], None
        if word == "BEGIN:VCARD":
            begin = line.number
        if card or word == "BEGIN:VCARD":
            card.append(line.text)
        if card and word == "END:VCARD":
            yield fault or TextLine(begin, "\n".join(card))
            card, fault = [], None
    if card:
        yield fault or TextLine(begin, "\n".join(card))


def _row(card: Component, phone: str | None, kind: str | None) -> list[str | None]:
    name = _first(card, "fn") or " ".join(part for part in reversed((_first(card, "n") or "").split(";")) if part)
    parts = (_first(card, "adr") or "").split(";")
    address = ", ".join(part.strip() for part in parts if part.strip())
    org = (_first(card, "org") or "").replace(";", ", ")
    uid = _first(card, "uid")
    return [uid, name or None, phone, kind, _first(card, "email"), org or None, _first(card, "title"), address or None]


def _phones(card: Component) -> list[tuple[int, str | None, str | None]]:
    """The lines in a card that hold phone numbers, from 0, the numbers and their types; those of machines are none."""
    found: list[tuple[int, str | None, str | None]] = []
    for item in card.contents.get("tel", []):
        types = [kind.lower() for given in item.params.get("TYPE", []) for kind in given.strip('"').split(",")]
        number = _text(item.value).removeprefix("tel:").replace(";ext=", " ext. ").partition(";")[0].strip()
        if number and not _NOT_PHONES & set(types):
            found.append(((item.lineNumber or 1) - 1, number, ",".join(types) or None))
    return found


def _first(card: Component, name: str) -> str | None:
    items = card.contents.get(name, [])
    return _text(items[0].value).strip() or None if items else None


def _text(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
