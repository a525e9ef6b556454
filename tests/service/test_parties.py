"""The record of a party and its links: two answers that count the same links."""

from __future__ import annotations

from pathlib import Path

from graph.schema import Party, Relationship
from service.answers import parties
from service.context import ServingContext
from tests.gnn.networks import Facts


def test_a_self_link_counts_once_in_the_record_and_in_the_links(tmp_path: Path) -> None:
    facts = Facts(
        [Party("a", "Person"), Party("b", "Person")],
        [
            Relationship("a", "a", "PAYS", "1"),
            Relationship("a", "b", "PAYS", "1"),
            Relationship("b", "b", "KNOWS", "1"),
        ],
    )
    context = ServingContext(facts.snapshot(tmp_path / "s"), None)
    counts = {
        party: (parties.record(context, party).links, parties.links_of(context, party, None, 10).counts)
        for party in "ab"
    }
    assert all(record == links for record, links in counts.values())
    pays, knows = counts["a"][0]["PAYS"], counts["b"][0]["KNOWS"]
    assert (pays.out, pays.in_, knows.out, knows.in_) == (2, 0, 1, 0)
