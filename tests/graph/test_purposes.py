"""Purposes: the categories that each allows, and its policy hash, which depends on every field."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from graph.errors import UnknownPurpose
from graph.purposes import DEFAULT_PURPOSE, PURPOSES, Purpose, purpose_named
from graph.schema import CATEGORIES

LENDING = PURPOSES["lending"]


def test_every_purpose_uses_known_categories_and_the_default_uses_all() -> None:
    assert all(purpose.categories <= set(CATEGORIES) for purpose in PURPOSES.values())
    assert purpose_named(DEFAULT_PURPOSE).categories == set(CATEGORIES)


def test_contact_social_and_identifier_links_do_not_count_for_credit() -> None:
    for name in ("lending", "deposit_waiver", "merchant_onboarding"):
        assert not {"contact", "social", "identifier"} & PURPOSES[name].categories


def test_the_error_of_an_unknown_purpose_lists_the_purposes() -> None:
    with pytest.raises(UnknownPurpose, match=r"'fun'; there are fraud_investigation, lending"):
        purpose_named("fun")


@pytest.mark.parametrize(
    "other",
    [
        replace(LENDING, name="lending2"),
        replace(LENDING, categories=LENDING.categories - {"work"}),
        replace(LENDING, retention_days=1),
        replace(LENDING, cap=None),
        replace(LENDING, review=True),
        replace(LENDING, threshold=600),
    ],
    ids=lambda purpose: str(purpose)[:40],
)
def test_the_policy_hash_depends_on_every_field(other: Purpose) -> None:
    assert other.policy() != LENDING.policy()


def test_the_policy_hash_does_not_depend_on_the_order_of_categories() -> None:
    again = replace(LENDING, categories=frozenset(sorted(LENDING.categories, reverse=True)))
    assert again.policy() == LENDING.policy()


def test_a_purpose_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        LENDING.cap = 9.0  # type: ignore[misc]
