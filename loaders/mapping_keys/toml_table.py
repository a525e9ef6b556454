"""A table of a TOML file with typed access: every wrong type and every unknown key is an error that names its place."""

from __future__ import annotations

from typing import Any

from graph.errors import MappingError


class TomlTable:
    """A TOML table with typed access, which knows the keys that were read and so those that are unknown."""

    def __init__(self, content: object, where: str) -> None:
        if not isinstance(content, dict):
            raise MappingError(f"{where}: expected a table, found {content!r}")
        self._content: dict[str, Any] = content
        self.where = where
        self._keys_read: set[str] = set()

    def optional(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """The value of a key, or the default. Raises MappingError where it is of another type."""
        self._keys_read.add(key)
        value = self._content.get(key, default)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if value is not default and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise MappingError(f"{self.where}: {key} = {value!r} is of the wrong type")
        return value

    def required(self, key: str, kind: type | tuple[type, ...]) -> Any:
        """The value of a key. Raises MappingError where it is missing or of another type."""
        if key not in self._content:
            raise MappingError(f"{self.where}: {key} is missing")
        return self.optional(key, kind)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, or None where the key is missing. Raises MappingError for a list of anything else."""
        items = self.optional(key, list)
        if items is not None and not all(isinstance(item, str) for item in items):
            raise MappingError(f"{self.where}: {key} must be a list of texts")
        return None if items is None else tuple(items)

    def one_or_more(self, key: str) -> tuple[str, ...]:
        """The texts of a key that holds one text or a list of them; none where it is missing. Raises MappingError."""
        given = self.optional(key, (str, list, bool))
        if isinstance(given, str):
            return (given,)
        if given is not None and not (isinstance(given, list) and given and all(isinstance(i, str) for i in given)):
            raise MappingError(f"{self.where}: {key} = {given!r}; it is a text or a list of texts")
        return tuple(given or ())

    def has(self, key: str) -> bool:
        """Whether the table has a key."""
        return key in self._content

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """One of the allowed texts, or None where the key is missing. Raises MappingError for another text."""
        value: str | None = self.optional(key, str)
        if value is not None and value not in allowed:
            raise MappingError(f"{self.where}: {key} = {value!r}; use {' or '.join(allowed)}")
        return value

    def check_keys(self) -> None:
        """Raises MappingError for a key that nothing read."""
        unknown = sorted(set(self._content) - self._keys_read)
        if unknown:
            known = ", ".join(sorted(self._keys_read))
            raise MappingError(f"{self.where}: {unknown[0]!r} is no key of a mapping; known here: {known}")
