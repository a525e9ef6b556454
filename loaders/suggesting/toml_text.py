"""The text of a mapping: TOML, with a comment for everything that was guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DOUBT = "# ? "


@dataclass
class FileText:
    """One `[[files]]` of a mapping. keys, fields, attributes: values by key. doubts: sentences about it.

    said: comments beside keys, by key.
    """

    name: str
    table: str
    keys: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def render(self) -> str:
        """The text of the table."""
        lines = [DOUBT + doubt for doubt in self.doubts]
        lines += ["[[files]]", f"name = {toml(self.name)}", f"table = {toml(self.table)}"]
        lines += [self._line(key, value) for key, value in self.keys.items()]
        lines += ["", "[files.fields]", *(self._line(key, value) for key, value in self.fields.items())]
        if self.attributes:
            lines += [
                "",
                "[files.attributes]",
                *(f"{toml_key(key)} = {toml(value)}" for key, value in self.attributes.items()),
            ]
        return "\n".join(lines) + "\n"

    def _line(self, key: str, value: Any) -> str:
        comment = f"  {DOUBT}{self.said[key]}" if key in self.said else ""
        return f"{toml_key(key)} = {toml(value)}{comment}"


def toml(value: Any) -> str:
    """A value as TOML writes it.

    >>> toml({"column": "a b", "values": {"x": "good"}})
    '{ column = "a b", values = { x = "good" } }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(toml, value)) + "]"
    raise TypeError(f"{value!r} cannot stand in a mapping")


def toml_key(key: str) -> str:
    """A key, quoted where it must be."""
    bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if bare else toml(key)
