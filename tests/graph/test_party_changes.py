"""What changed about one party's links, which is what a comparison of everything says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.explore import party_changes
from graph.explore.party_changes import LinksChanged, links_changed
from graph.schema import Relationship
from tests.graph.networks import Fact
from tests.graph.test_compare import PEOPLE, compared, links, snapshot

EVERY = frozenset({"PAYS", "CALLS", "KNOWS"})
BEFORE: list[Fact] = [
    *PEOPLE,
    Relationship("ann", "bo", "PAYS", "1", amount=5.0, first=100.0),
    Relationship("ann", "bo", "PAYS", "2", amount=7.0, first=200.0),
    Relationship("cy", "ann", "CALLS", "1", count=3, first=100.0),
    Relationship("bo", "ann", "KNOWS", "1"),
    Relationship("bo", "cy", "PAYS", "4", amount=1.0, first=100.0),
]
AFTER: list[Fact] = [
    *PEOPLE,
    Relationship("ann", "bo", "PAYS", "1", amount=5.0, first=100.0),
    Relationship("ann", "bo", "PAYS", "2", amount=8.0, first=200.0),
    Relationship("ann", "cy", "PAYS", "3", amount=2.0, first=300.0),
    Relationship("bo", "ann", "KNOWS", "1"),
    Relationship("bo", "cy", "PAYS", "4", amount=9.0, first=100.0),
]


def test_links_of_a_party_are_new_gone_or_changed(tmp_path: Path) -> None:
    both = compared(tmp_path, BEFORE, AFTER)
    found = links_changed(both.before, both.after, "ann", EVERY)
    assert found.links == (
        LinksChanged("CALLS", "cy", "ann", new=0, gone=1, changed=0),
        LinksChanged("PAYS", "ann", "bo", new=0, gone=0, changed=1),
        LinksChanged("PAYS", "ann", "cy", new=1, gone=0, changed=0),
    )
    whole = links(both)
    assert all(whole[one.kind, one.source, one.target] == (one.new, one.gone, one.changed) for one in found.links)
    assert links_changed(both.before, both.after, "ann", frozenset({"CALLS"})).links == found.links[:1]


def test_a_symmetric_link_has_the_party_as_its_source(tmp_path: Path) -> None:
    before = snapshot(tmp_path, "before", *PEOPLE)
    after = snapshot(tmp_path, "after", *PEOPLE, Relationship("bo", "ann", "KNOWS", "1"))
    assert links_changed(before, after, "ann", EVERY).links == (LinksChanged("KNOWS", "ann", "bo", 1, 0, 0),)


def test_every_link_of_a_new_party_is_new_and_of_one_that_is_gone_it_is_gone(tmp_path: Path) -> None:
    both = compared(tmp_path, PEOPLE[:2], [*PEOPLE, Relationship("cy", "ann", "PAYS", "1")])
    assert links_changed(both.before, both.after, "cy", EVERY).links == (LinksChanged("PAYS", "cy", "ann", 1, 0, 0),)
    assert links_changed(both.after, both.before, "cy", EVERY).links == (LinksChanged("PAYS", "cy", "ann", 0, 1, 0),)


def test_kinds_of_which_a_party_has_too_many_are_named_and_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_changes, "MOST_LINKS", 1)
    both = compared(tmp_path, BEFORE, AFTER)
    found = links_changed(both.before, both.after, "ann", EVERY)
    assert found.uncompared == ("PAYS",) and [one.kind for one in found.links] == ["CALLS"]
