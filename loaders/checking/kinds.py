"""The relationship kinds that a load may use, and the rows that name others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import UnknownKind
from graph.schema import CATEGORIES, KIND_NAME, RELATIONSHIP_KINDS, RelationshipKind, nearest_kinds
from loaders.checking.row_validation import RowValidation
from loaders.rejects.reject import REASONS
from loaders.values.arrays import Bools

SEPARATOR: Final = "\x1f"
CATEGORY_CODES: Final = frozenset({"unknown_category", "other_category"})


class KindRegistry:
    """The relationship kinds of the store (the built-in ones too), of the mapping, and those that rows bring.

    A row of a kind that is neither built in nor of the mapping names its category itself, whatever other rows or
    earlier loads have: so a load does not depend on the order of rows, nor on what was loaded before.
    """

    def __init__(self, kinds: Mapping[str, RelationshipKind]) -> None:
        self._kinds = dict(kinds)
        self._categorised = set(RELATIONSHIP_KINDS)  # kinds whose rows need not name a category

    @property
    def known(self) -> Mapping[str, RelationshipKind]:
        """The kinds so far, by name."""
        return self._kinds

    def add(self, kinds: Sequence[RelationshipKind]) -> list[RelationshipKind]:
        """Those kinds of a mapping that are new, to be defined in the store.

        Raises UnknownKind where a kind of this name has another category or direction.
        """
        new = [kind for kind in kinds if kind.name not in self._kinds]
        for kind in kinds:
            existing = self._kinds.setdefault(kind.name, kind)
            if existing != kind:
                raise UnknownKind(
                    f"kind {kind.name} is already of category {existing.category} "
                    f"({'symmetric' if existing.symmetric else 'directed'}); the mapping says {kind.category}"
                )
            self._categorised.add(kind.name)
        return new

    def check(
        self, validation: RowValidation, columns: tuple[str, str], kinds: pa.Array, categories: pa.Array | None
    ) -> None:
        """Reject rows of unknown kinds or of a category that their kind does not have.

        columns: names of the columns of kind and category in the file.
        """
        kind_column, category_column = columns
        for name, category, rows in _distinct_pairs(kinds, categories):
            code = self._fault(name, category)
            if code in CATEGORY_CODES:
                validation.reject(rows, code, category_column, categories)
            elif code is not None:
                validation.reject(rows, code, kind_column, kinds, self._with_nearest(code, name))

    def _with_nearest(self, code: str, name: str) -> str:
        """What is wrong with a kind, and for an unknown one which known kinds are named most like it."""
        nearest = nearest_kinds(name, self._kinds) if code == "unknown_kind" else []
        return REASONS[code] + (f"; the nearest: {', '.join(nearest)}" if nearest else "")

    def add_from_rows(
        self, validation: RowValidation, column: str, kinds: pa.Array, categories: pa.Array | None
    ) -> list[RelationshipKind]:
        """The kinds that valid rows bring, to be defined in the store before the rows are recorded.

        The first valid row of a kind gives it its category; rows that give it another one are rejected.
        """
        if categories is None:
            return []
        pairs = [
            (name, category, rows & validation.valid)
            for name, category, rows in _distinct_pairs(kinds, categories)
            if category
        ]
        new: list[RelationshipKind] = []
        for name, category, rows in sorted((p for p in pairs if p[2].any()), key=lambda pair: int(pair[2].argmax())):
            if name not in self._kinds:
                self._kinds[name] = RelationshipKind(name, category)
                new.append(self._kinds[name])
            elif self._kinds[name].category != category:
                validation.reject(rows, "other_category", column, categories)
        return new

    def _fault(self, name: str, category: str) -> str | None:
        """The reason code for rows of this kind and category (empty where they name none); None if they are valid."""
        if not name:
            return "missing_kind"
        if category and category not in CATEGORIES:
            return "unknown_category"
        if not category and name not in self._categorised:
            return "unknown_kind"
        if name in self._kinds:
            return "other_category" if category and category != self._kinds[name].category else None
        return None if KIND_NAME.fullmatch(name) else "bad_kind_name"


def _distinct_pairs(kinds: pa.Array, categories: pa.Array | None) -> Iterator[tuple[str, str, Bools]]:
    """Every distinct (kind, category) and the mask of its rows; a missing one is the empty text."""
    category_texts = pa.repeat(pa.scalar(""), len(kinds)) if categories is None else pc.fill_null(categories, "")
    coded = pc.dictionary_encode(pc.binary_join_element_wise(category_texts, pc.fill_null(kinds, ""), SEPARATOR))
    codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False))
    for code, pair in enumerate(coded.dictionary.to_pylist()):
        category, _, name = pair.partition(SEPARATOR)
        yield name, category, codes == code
