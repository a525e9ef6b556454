"""The lists of the schema are consistent; protected and forbidden columns are recognised in any spelling."""

from __future__ import annotations

import pytest

from graph.errors import UnknownKind
from graph.schema import (
    BAD_OUTCOMES,
    CATEGORIES,
    IDENTIFIER_KINDS,
    OUTCOMES_KNOWN,
    PARTY_KINDS,
    RELATIONSHIP_KINDS,
    RelationshipKind,
)


def test_every_category_has_a_kind_and_every_kind_a_category() -> None:
    assert {kind.category for kind in RELATIONSHIP_KINDS.values()} == set(CATEGORIES)
    assert all(name == kind.name for name, kind in RELATIONSHIP_KINDS.items())


def test_mutual_kinds_are_symmetric_and_kinds_of_money_are_directed() -> None:
    symmetric = {kind.name for kind in RELATIONSHIP_KINDS.values() if kind.symmetric}
    assert {"KNOWS", "FRIEND_OF", "WORKED_WITH", "SIMILAR_TO"} <= symmetric
    assert not {"PAYS", "LENDS_TO", "GUARANTEES", "CALLS", "RATES"} & symmetric


def test_identifier_kinds_and_bad_outcomes_are_subsets() -> None:
    assert set(PARTY_KINDS) > IDENTIFIER_KINDS
    assert set(OUTCOMES_KNOWN) > BAD_OUTCOMES
    assert "late" not in BAD_OUTCOMES


@pytest.mark.parametrize("name", ["", "1ST", "TWO WORDS", "a`b", "X" * 64, "KÜSST", "A-B"])
def test_a_name_that_cannot_be_a_kind_is_refused(name: str) -> None:
    with pytest.raises(UnknownKind, match="cannot name a kind"):
        RelationshipKind(name, "social")


def test_a_kind_of_no_known_category_is_refused() -> None:
    with pytest.raises(UnknownKind, match="unknown category 'magic'"):
        RelationshipKind("CHARMS", "magic")
