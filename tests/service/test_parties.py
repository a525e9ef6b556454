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


def test_the_record_has_every_id_and_own_transfers_apart(tmp_path: Path) -> None:
    facts = Facts(
        [Party(id, "Person") for id in ("a", "a-old", "b")] + [Party(id, "Account") for id in ("x", "y", "z")],
        [
            Relationship("a", "a-old", "SAME_AS", "1"),
            *(Relationship(a, b, "HOLDS_ACCOUNT", "1") for a, b in (("a", "x"), ("a-old", "y"), ("b", "z"))),
            Relationship("x", "y", "PAYS", "1", amount=5.0),
            Relationship("x", "z", "PAYS", "1", amount=7.0),
        ],
    )
    context = ServingContext(facts.snapshot(tmp_path / "s"), None)
    record = parties.record(context, "a-old")
    assert (record.ids, record.links["PAYS"].out) == (("a", "a-old"), 1)
    assert {kind: (own.links, own.amount) for kind, own in record.own_transfers.items()} == {"PAYS": (1, 5.0)}
    (paid,) = (link for link in parties.links_of(context, "a", None, 10).neighbours if link.kind == "PAYS")
    assert (paid.party, paid.via, paid.held) == ("b", ("x", "z"), False)
    account = parties.record(context, "x")
    assert (account.links["PAYS"].out, account.own_transfers) == (2, {})
    assert [link.held for link in parties.links_of(context, "x", ["PAYS"], 10).neighbours] == [True, True]
