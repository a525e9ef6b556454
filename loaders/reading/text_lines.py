"""Lines of a text file with their numbers; those that cannot be read are malformed rows."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from graph.errors import InputError
from loaders.reading.chunk import MalformedRow
from loaders.reading.opening import open_input

MAX_LINE_BYTES: Final = 1 << 24
MAX_SHOWN: Final = 80  # characters of a malformed line that its rejects file has
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TextLine(NamedTuple):
    """A line without its end, and its number from 1."""

    number: int
    text: str


def text_lines(path: Path, encoding: str) -> Iterator[TextLine | MalformedRow]:
    """The lines of a file in order, without a byte order mark. Raises InputError where it is UTF-16."""
    with open_input(path) as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES):
            number += 1
            if number == 1 and raw.startswith(_UTF16):
                raise InputError(f"{path} is UTF-16; save it as UTF-8")
            if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
                while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                text = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
                yield MalformedRow(number, "line_too_long", text, (_shown(raw, encoding),))
                continue
            try:
                text = raw.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").decode(encoding)
            except UnicodeDecodeError:
                why = f"its bytes are not {encoding}; set the encoding in the mapping, or correct this row"
                yield MalformedRow(number, "bad_encoding", why, (_shown(raw, encoding),))
                continue
            yield TextLine(number, text.rstrip("\r\n"))


def _shown(raw: bytes, encoding: str) -> str:
    return raw[: MAX_SHOWN * 4].decode(encoding, "backslashreplace").rstrip("\r\n")[:MAX_SHOWN]
