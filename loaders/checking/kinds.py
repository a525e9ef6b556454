"""The relationship kinds that a load may use, and the rows that name others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import UnknownKind
from graph.schema import CATEGORIES, KIND_NAME, RELATIONSHIP_KINDS, RelationshipKind, nearest_kinds
from loaders.checking.row_validation import RowValidation
from loaders.rejects.reject import REASONS
from loaders.values.arrays import Bools, to_mask

SEPARATOR: Final = "\x1f"
CATEGORY_CODES: Final = frozenset({"unknown_category", "other_category"})


@dataclass(frozen=True, slots=True)
class LinkKinds:
    """What the rows of a chunk say of their kinds; null where they say nothing, None where the file has no such column.

    symmetric: `true` or `false`. columns: names of the three columns in the file.
    """

    kinds: pa.Array
    categories: pa.Array | None
    symmetric: pa.Array | None
    columns: tuple[str, str, str]

    def distinct(self) -> Iterator[tuple[str, str, str, Bools]]:
        """Every distinct (kind, category, symmetric) and the mask of its rows; a missing one is the empty text."""
        nothing = pa.repeat(pa.scalar(""), len(self.kinds))
        texts = [nothing if text is None else pc.fill_null(text, "") for text in (self.categories, self.symmetric)]
        coded = pc.dictionary_encode(pc.binary_join_element_wise(*texts, pc.fill_null(self.kinds, ""), SEPARATOR))
        codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False))
        for code, row in enumerate(coded.dictionary.to_pylist()):
            category, symmetric, name = row.split(SEPARATOR, 2)
            yield name, category, symmetric, codes == code


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
        """Those kinds of a mapping that are new or become holding, to be defined in the store.

        Raises UnknownKind where a kind of this name has another category or direction.
        """
        new: list[RelationshipKind] = []
        for kind in kinds:
            existing = self._kinds.get(kind.name, kind)
            if (existing.category, existing.symmetric) != (kind.category, kind.symmetric):
                raise UnknownKind(
                    f"kind {kind.name} is already of category {existing.category} "
                    f"({'symmetric' if existing.symmetric else 'directed'}); the mapping says {kind.category}"
                )
            if kind.name not in self._kinds or (kind.holding and not existing.holding):
                self._kinds[kind.name] = kind
                new.append(kind)
            self._categorised.add(kind.name)
        return new

    def check(self, validation: RowValidation, rows: LinkKinds) -> None:
        """Reject rows of unknown kinds, or of a category or direction that their kind does not have."""
        kind_column, category_column, symmetric_column = rows.columns
        for name, category, symmetric, mask in rows.distinct():
            code = self._fault(name, category)
            if code in CATEGORY_CODES:
                validation.reject(mask, code, category_column, rows.categories)
            elif code is not None:
                validation.reject(mask, code, kind_column, rows.kinds, self._with_nearest(code, name))
            elif symmetric and name in self._kinds and self._kinds[name].symmetric != (symmetric == "true"):
                validation.reject(mask, "other_direction", symmetric_column, rows.symmetric)

    def _with_nearest(self, code: str, name: str) -> str:
        """What is wrong with a kind, and for an unknown one which known kinds are named most like it."""
        nearest = nearest_kinds(name, self._kinds) if code == "unknown_kind" else []
        return REASONS[code] + (f"; the nearest: {', '.join(nearest)}" if nearest else "")

    def add_from_rows(self, validation: RowValidation, rows: LinkKinds) -> list[RelationshipKind]:
        """The kinds that valid rows bring, to be defined in the store before the rows are recorded.

        The first valid row of a kind gives it its category, and says whether it is symmetric (it is not, where the row
        says nothing); rows that say otherwise are rejected.
        """
        if rows.categories is None:
            return []
        _, category_column, symmetric_column = rows.columns
        found = [
            (name, category, symmetric, mask & validation.valid)
            for name, category, symmetric, mask in rows.distinct()
            if category
        ]
        by_first_row = sorted((row for row in found if row[3].any()), key=lambda row: int(row[3].argmax()))
        new: list[RelationshipKind] = []
        for name, category, symmetric, mask in by_first_row:
            if name not in self._kinds:
                self._kinds[name] = RelationshipKind(name, category, symmetric == "true")
                new.append(self._kinds[name])
            elif self._kinds[name].category != category:
                validation.reject(mask, "other_category", category_column, rows.categories)
            elif symmetric and self._kinds[name].symmetric != (symmetric == "true"):
                validation.reject(mask, "other_direction", symmetric_column, rows.symmetric)
        return new

    def are_symmetric(self, kinds: pa.Array) -> Bools:
        """Whether each kind of a column is symmetric; shape (kinds,)."""
        names = [name for name, kind in self._kinds.items() if kind.symmetric]
        return to_mask(pc.is_in(kinds, value_set=pa.array(names, pa.string())))

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
