"""Every feature has a family with a description, and docs/features.md says what the code says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gnn.features.families import BY_NAME, FAMILIES, Group, markdown
from gnn.features.positions import Basis
from gnn.features.spec import FeatureSpec, feature_subsets, fit_spec, with_bases
from graph.schema import Party, Relationship
from tests.gnn.networks import Facts

DOCUMENT = Path(__file__).parents[2] / "docs" / "features.md"


def spec_of_everything(folder: Path) -> FeatureSpec:
    """The features of a small network that has every sort of attribute and of link value."""
    parties = [
        Party(id, "Person" if i % 2 else "Merchant", attributes={"income": float(i), "job": "ab"[i // 4 % 2]})
        for i, id in enumerate("abcdefgh")
    ]
    pays = [
        Relationship(a, b, "PAYS", "1", weight=i / 8 - 0.5, last=float(i), count=i + 1, amount=10.0 * i)
        for i, (a, b) in enumerate(zip("abcdefg", "bcdefgh", strict=True))
    ]
    calls = [Relationship(a, b, "CALLS", "1") for a, b in zip("aceg", "bdfh", strict=True)]
    landmark = Basis.of(np.zeros(1, np.uint64), np.zeros((1, 2), np.float32))
    return with_bases(fit_spec(Facts(parties, [*pays, *calls]).snapshot(folder / "everything")), {"money": landmark})


def test_every_column_has_a_family_and_every_family_a_column(tmp_path: Path) -> None:
    spec = spec_of_everything(tmp_path)
    families = spec.families.tolist()
    assert len(families) == spec.width
    assert set(families) == BY_NAME.keys()


def test_every_family_has_a_sentence_and_a_formula() -> None:
    assert len(BY_NAME) == len(FAMILIES)
    for family in FAMILIES:
        assert family.text.endswith(".") and family.formula and family.column


def test_the_document_is_what_the_command_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == markdown()


def test_feature_subsets_leave_out_statistics_over_neighbours(tmp_path: Path) -> None:
    spec = spec_of_everything(tmp_path)
    groups = spec.groups
    of = feature_subsets(spec)
    assert set(groups[of.plain]) == {group.name for group in Group} - {"POSITIONS"}
    assert set(groups[of.links]) == {"SELF", "LINKS", "OUTCOMES"}
    assert set(of.links) < set(of.plain)
    without = with_bases(spec)
    assert feature_subsets(without).plain.tolist() == list(range(without.width))
