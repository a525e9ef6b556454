"""Purposes: what each bars, and that its policy hash moves with everything it says and with nothing else."""

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


def test_whom_one_calls_never_counts_where_credit_is_given() -> None:
    for name in ("lending", "deposit_waiver", "merchant_onboarding"):
        assert not {"contact", "social", "identifier"} & PURPOSES[name].categories


def test_an_unknown_purpose_names_those_there_are() -> None:
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
def test_the_policy_moves_with_all_that_a_purpose_says(other: Purpose) -> None:
    assert other.policy() != LENDING.policy()


def test_the_policy_does_not_depend_on_the_order_of_categories() -> None:
    again = replace(LENDING, categories=frozenset(sorted(LENDING.categories, reverse=True)))
    assert again.policy() == LENDING.policy()


def test_a_purpose_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        LENDING.cap = 9.0  # type: ignore[misc]
