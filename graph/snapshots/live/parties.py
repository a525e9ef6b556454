"""The parties of a network after changes: the rows of a snapshot, and behind them those of new parties."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.column_names import is_protected
from graph.errors import RebuildNeeded
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.build_parties import as_text, is_number, number_as_text
from graph.snapshots.columns import floats_to_32
from graph.snapshots.snapshot import Snapshot

MOST_KINDS: Final = 256  # that a code of a party's kind can tell apart

I64 = npt.NDArray[np.int64]
Categorical = tuple[npt.NDArray[np.int32], tuple[str, ...]]
Attributes = Mapping[str, float | str | None]


@dataclass(frozen=True)
class LiveParties:
    """n parties, of which the first are those of a snapshot. Arrays and columns as in `Snapshot`.

    new: ids of those behind them. rows: their rows by id. names: of new parties, and of others whose name changed.
    """

    kinds: tuple[str, ...]
    kind: npt.NDArray[np.uint8]
    implied: npt.NDArray[np.bool_]
    numeric: Mapping[str, npt.NDArray[np.float32]]
    categorical: Mapping[str, Categorical]
    protected: frozenset[str]
    new: tuple[str, ...]
    rows: Mapping[str, int]
    names: Mapping[int, str | None]

    @staticmethod
    def of(base: Snapshot) -> LiveParties:
        """The parties of a snapshot."""
        return LiveParties(
            base.party_kinds,
            base.party_kind,
            base.implied,
            base.numeric,
            base.categorical,
            base.protected,
            (),
            {},
            {},
        )

    @property
    def n(self) -> int:
        """Number of parties."""
        return len(self.kind)

    @property
    def columns(self) -> frozenset[str]:
        """Names of all attributes."""
        return frozenset({*self.numeric, *self.categorical})

    def with_new(self, ids: Sequence[str]) -> LiveParties:
        """The parties with others, of which nothing is known, behind them."""
        k, n = len(ids), self.n
        if not k:
            return self
        return replace(
            self,
            kind=np.concatenate([self.kind, np.zeros(k, np.uint8)]),
            implied=np.concatenate([self.implied, np.ones(k, np.bool_)]),
            numeric={
                name: np.concatenate([values, np.full(k, np.nan, np.float32)]) for name, values in self.numeric.items()
            },
            categorical={
                name: (np.concatenate([codes, np.full(k, -1, np.int32)]), words)
                for name, (codes, words) in self.categorical.items()
            },
            new=(*self.new, *ids),
            rows={**self.rows, **{id: n + at for at, id in enumerate(ids)}},
        )

    def stating(self, rows: I64, facts: pa.RecordBatch, n_before: int, protected: frozenset[str]) -> LiveParties:
        """The parties of which some (rows int64[k]) are as facts say, PARTIES with k rows.

        n_before: number of parties before, of which the kind may not change between identifiers and others. protected:
        see `Changes`.

        Raises RebuildNeeded.
        """
        kinds, codes = self._with_kinds(facts.column("kind").to_pylist())
        implied = np.array(facts.column("implied").to_pylist(), np.bool_)
        codes = self._settled_kinds(rows, kinds, codes, implied, n_before)
        kind, is_implied = self.kind.copy(), self.implied.copy()
        kind[rows], is_implied[rows] = codes, implied
        attributes = [json.loads(text) for text in facts.column("attributes").to_pylist()]
        numeric, categorical = self._with_attributes(rows, attributes)
        names = {**self.names, **dict(zip(rows.tolist(), facts.column("name").to_pylist(), strict=True))}
        columns = [*numeric, *categorical]
        return replace(
            self,
            kinds=kinds,
            kind=kind,
            implied=is_implied,
            numeric=numeric,
            categorical=categorical,
            protected=self.protected | {name for name in columns if is_protected(name, protected)},
            names=names,
        )

    def _with_kinds(self, names: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.uint8]]:
        """The names of all kinds, and the code of each of some."""
        kinds = (*self.kinds, *sorted(set(names) - set(self.kinds)))
        if len(kinds) > MOST_KINDS:
            raise RebuildNeeded(f"there are more than {MOST_KINDS} kinds of parties")
        code = {name: at for at, name in enumerate(kinds)}
        return kinds, np.array([code[name] for name in names], np.uint8)

    def _settled_kinds(
        self, rows: I64, kinds: tuple[str, ...], codes: npt.NDArray[np.uint8], implied: Any, n_before: int
    ) -> npt.NDArray[np.uint8]:
        """The kinds of some parties; an implied identifier that only links say to be one stays it."""
        identifies = np.isin(np.arange(len(kinds)), [at for at, name in enumerate(kinds) if name in IDENTIFIER_KINDS])
        before, known = self.kind[rows], rows < n_before
        was, is_now = identifies[before], identifies[codes]
        stays = known & implied & self.implied[rows] & was & ~is_now
        if (known & (was != is_now) & ~stays).any():
            raise RebuildNeeded("a party became an identifier or is none any more")
        return np.where(stays, before, codes).astype(np.uint8)

    def _with_attributes(
        self, rows: I64, attributes: Sequence[Attributes]
    ) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, Categorical]]:
        numeric, categorical = dict(self.numeric), dict(self.categorical)
        stated = {name for one in attributes for name, value in one.items() if value is not None}
        for name in sorted(stated | numeric.keys() | categorical.keys(), key=str.encode):
            values = [one.get(name) for one in attributes]
            if name in categorical:
                categorical[name] = _categorical(name, categorical[name], rows, values)
            elif any(value is not None and not is_number(value) for value in values):
                if name in numeric:
                    raise RebuildNeeded(f"the attribute {name}, a number so far, became a text")
                nothing: Categorical = (np.full(self.n, -1, np.int32), ())
                categorical[name] = _categorical(name, nothing, rows, values)
            else:
                column = numeric[name].copy() if name in numeric else np.full(self.n, np.nan, np.float32)
                numbers = np.array([np.nan if value is None else value for value in values], np.float64) + 0.0
                column[rows] = floats_to_32(np.where(np.isfinite(numbers), numbers, np.nan))
                numeric[name] = column
        return numeric, categorical


def _categorical(name: str, column: Categorical, rows: I64, values: Sequence[Any]) -> Categorical:
    """A column of texts of which some rows have other values.

    Raises RebuildNeeded where it may have become one of numbers.
    """
    codes, words = column
    texts = [
        None if value is None else number_as_text(float(value)) if is_number(value) else as_text(value)
        for value in values
    ]
    vocabulary = sorted({*words, *(text for text in texts if text is not None)}, key=str.encode)
    place = {word: at for at, word in enumerate(vocabulary)}
    moved = np.array([place[word] for word in words] + [-1], np.int32)
    changed = moved[codes]
    changed[rows] = [-1 if text is None else place[text] for text in texts]
    in_use = np.unique(changed[changed >= 0]).tolist()
    if in_use and all(_looks_like_a_number(vocabulary[code]) for code in in_use):
        raise RebuildNeeded(f"no text is left among the values of the attribute {name}")
    return changed, tuple(vocabulary)


def _looks_like_a_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
