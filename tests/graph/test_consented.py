"""Only facts with consent count for a purpose that needs it, as if nobody had ever stated the others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import Consent, Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.stores.consented import ConsentedFacts
from tests.graph.networks import Fact, MemoryStore, load_facts

ANN, BO, CY = (Party(id, "Person", id.title(), {"income": 3.0}) for id in ("ann", "bo", "cy"))
SHOP = Party("shop", "Merchant")
PAYS = Relationship("ann", "bo", "PAYS", "1", first=5.0, last=5.0)
OWES = Relationship("cy", "ann", "OWES", "1")
FAILED = Outcome("bo", "default", "1", 8.0)


def consent(party: str, source: str = "bank", given: float = 1.0, withdrawn: float | None = None) -> Consent:
    return Consent(party, source, "lending", given, withdrawn)


def store(*loads: tuple[str, list[Fact]]) -> MemoryStore:
    made = MemoryStore()
    for number, (source, facts) in enumerate(loads):
        load_facts(made, facts, source, str(number))
    return made


def counted(facts: MemoryStore, as_of: float | None = None, revision: int | None = None) -> dict[str, set[str]]:
    """Described parties, links and outcomes that count, by what they say."""
    view = ConsentedFacts(facts, "lending", as_of, revision)
    parties = [row for batch in view.read_parties() for row in batch.to_pylist()]
    links = [row for batch in view.read_relationships() for row in batch.to_pylist()]
    outcomes = [row for batch in view.read_outcomes() for row in batch.to_pylist()]
    return {
        "described": {row["id"] for row in parties if not row["implied"]},
        "all": {row["id"] for row in parties},
        "links": {f"{row['source']} {row['kind']} {row['target']}" for row in links},
        "outcomes": {row["party"] for row in outcomes},
    }


BANK = ("bank", [ANN, BO, CY, PAYS, OWES, FAILED])


def test_a_link_needs_the_consent_of_both_ends_and_an_outcome_that_of_its_party() -> None:
    nobody = counted(store(BANK))
    assert nobody == {"described": set(), "all": {"ann", "bo", "cy"}, "links": set(), "outcomes": set()}
    one = counted(store(BANK, ("portal", [consent("bo")])))
    assert (one["described"], one["links"], one["outcomes"]) == ({"bo"}, set(), {"bo"})
    both = counted(store(BANK, ("portal", [consent("bo"), consent("ann")])))
    assert (both["described"], both["links"]) == ({"ann", "bo"}, {"ann PAYS bo"})


def test_consent_is_for_one_source_and_one_purpose() -> None:
    other_source = [consent("ann", "telco"), consent("bo", "telco")]
    other_purpose = [Consent(id, "bank", "tenancy", 1.0) for id in ("ann", "bo")]
    assert counted(store(BANK, ("portal", [*other_source, *other_purpose])))["links"] == set()


def test_a_company_consents_like_a_person() -> None:
    paid = ("bank", [ANN, SHOP, Relationship("ann", "shop", "PAYS", "1")])
    assert counted(store(paid, ("portal", [consent("ann")])))["links"] == set()
    assert counted(store(paid, ("portal", [consent("ann"), consent("shop")])))["links"] == {"ann PAYS shop"}


@pytest.mark.parametrize(
    ("consents", "as_of", "stands"),
    [
        ([consent("bo", given=5.0)], 4.0, False),
        ([consent("bo", given=5.0)], 5.0, True),
        ([consent("bo", given=5.0, withdrawn=9.0)], 8.0, True),
        ([consent("bo", given=5.0, withdrawn=9.0)], 9.0, False),
        ([consent("bo", given=5.0, withdrawn=9.0)], None, False),
        ([consent("bo", given=5.0, withdrawn=9.0), consent("bo", given=11.0)], 10.0, False),
        ([consent("bo", given=5.0, withdrawn=9.0), consent("bo", given=11.0)], 12.0, True),
        ([consent("bo", given=5.0), consent("bo", given=6.0, withdrawn=9.0)], None, False),
        ([consent("bo", given=5.0, withdrawn=9.0), consent("bo", given=9.0)], None, False),
    ],
)
def test_of_consents_and_withdrawals_the_latest_counts_as_of_a_time(
    consents: list[Fact], as_of: float | None, stands: bool
) -> None:
    assert counted(store(BANK, ("portal", consents)), as_of)["outcomes"] == ({"bo"} if stands else set())


def test_a_withdrawal_that_another_source_records_counts_too() -> None:
    withdrawn = ("desk", [consent("bo", given=1.0, withdrawn=2.0)])
    assert counted(store(BANK, ("portal", [consent("bo")]), withdrawn))["outcomes"] == set()


def test_an_earlier_revision_has_the_consents_of_its_time() -> None:
    made = store(BANK, ("portal", [consent("bo")]), ("portal", [consent("bo", withdrawn=2.0)]))
    assert [counted(made, revision=revision)["outcomes"] for revision in (1, 2, 3)] == [set(), {"bo"}, set()]


A1, A2 = Party("a1", "Account"), Party("a2", "Account")
HOLDS = [Relationship("ann", "a1", "HOLDS_ACCOUNT", "1"), Relationship("bo", "a2", "HOLDS_ACCOUNT", "1")]
BETWEEN = Relationship("a1", "a2", "PAYS", "1")
REGISTER = ("register", [ANN, BO, A1, A2, *HOLDS])
TRANSFERS = ("bank", [A1, A2, BETWEEN])


def test_a_payment_between_accounts_needs_the_consent_of_their_holders_to_its_source() -> None:
    everyone = [consent(id, "register") for id in ("ann", "bo")]
    held = {"ann HOLDS_ACCOUNT a1", "bo HOLDS_ACCOUNT a2"}
    assert counted(store(REGISTER, TRANSFERS, ("portal", everyone)))["links"] == held
    one = counted(store(REGISTER, TRANSFERS, ("portal", [*everyone, consent("ann")])))
    assert one["links"] == held
    both = counted(store(REGISTER, TRANSFERS, ("portal", [*everyone, consent("ann"), consent("bo")])))
    assert both["links"] == held | {"a1 PAYS a2"}


def test_who_shares_a_phone_answers_for_the_own_link_alone() -> None:
    phone = Party("tel", "Phone")
    shared = ("telco", [ANN, BO, phone, *(Relationship(id, "tel", "USES_PHONE", "1") for id in ("ann", "bo"))])
    found = counted(store(shared, ("portal", [consent("ann", "telco")])))
    assert found["links"] == {"ann USES_PHONE tel"} and found["described"] == {"ann", "tel"}


def test_a_party_that_one_source_calls_a_phone_and_another_a_person_has_to_consent() -> None:
    odd = store(("telco", [Party("bo", "Phone"), ANN]), ("bank", [BO, ANN, PAYS]), ("portal", [consent("ann")]))
    assert counted(odd)["links"] == set()
    implied = ("telco", [ANN, Party("tel", "Person", implied=True), Relationship("ann", "tel", "USES_PHONE", "1")])
    assert counted(store(implied, ("portal", [consent("ann", "telco")])))["links"] == {"ann USES_PHONE tel"}


def test_what_has_no_consent_leaves_the_snapshot_that_there_is_without_it(tmp_path: Path) -> None:
    """To the bit; those who have not consented stay as ids."""
    consents: list[Fact] = [consent("ann"), consent("bo")]
    with_all = store(BANK, ("telco", [ANN, Relationship("ann", "bo", "CALLS", "1")]), ("portal", consents))
    view = ConsentedFacts(with_all, "lending", None)
    never_said: list[Fact] = [ANN, BO, PAYS, FAILED, Party("cy", "Person", implied=True)]
    without = store(("bank", never_said), ("telco", [Party("ann", "Person", implied=True)]), ("portal", consents))
    found, expected = build_snapshot(view, tmp_path / "a"), build_snapshot(without, tmp_path / "b")
    assert found.id == expected.id


IDS = ("ann", "bo", "cy")
ACCOUNTS = ("a1", "a2")
SOURCES = ("bank", "telco")
LINKS = st.builds(
    lambda source, link: (source, Relationship(*link, "1")),
    st.sampled_from(SOURCES),
    st.one_of(
        st.tuples(st.sampled_from(IDS), st.sampled_from(IDS), st.sampled_from(["CALLS", "PAYS"])),
        st.tuples(st.sampled_from(IDS), st.sampled_from(ACCOUNTS), st.just("HOLDS_ACCOUNT")),
        st.tuples(st.sampled_from((*ACCOUNTS, *IDS)), st.sampled_from(ACCOUNTS), st.just("PAYS")),
    ),
)
CONSENTS = st.builds(
    lambda party, source, given, withdrawn: consent(party, source, given, withdrawn),
    st.sampled_from(IDS),
    st.sampled_from(SOURCES),
    st.sampled_from([1.0, 4.0]),
    st.sampled_from([None, 5.0]),
)


def by_rule(
    links: list[tuple[str, Relationship]], consents: list[Consent], time: float
) -> set[tuple[str, Relationship]]:
    """The links that count, by the words of the page on purposes."""

    def consents_to(id: str, source: str) -> bool:
        of_both = [one for one in consents if (one.party, one.source) == (id, source)]
        given = max((one.given for one in of_both if one.given <= time), default=-1.0)
        withdrawn = max((one.withdrawn for one in of_both if one.withdrawn and one.withdrawn <= time), default=-1.0)
        return given > withdrawn

    holders = {(one.target, one.source) for _, one in links if one.kind == "HOLDS_ACCOUNT"}

    def counts(id: str, source: str) -> bool:
        about = [holder for account, holder in holders if account == id] if id in ACCOUNTS else [id]
        return all(consents_to(one, source) for one in about)

    return {
        (source, one)
        for source, one in links
        if counts(one.source, source) and (one.kind == "HOLDS_ACCOUNT" or counts(one.target, source))
    }


@given(st.lists(LINKS, max_size=8), st.lists(CONSENTS, max_size=6), st.sampled_from([0.0, 2.0, 4.0, 6.0]))
def test_whatever_is_linked_and_consented_to_only_what_the_rule_lets_count_does(
    links: list[tuple[str, Relationship]], consents: list[Consent], time: float
) -> None:
    last = {(one.party, one.source, one.given): one for one in consents}
    parties: list[Fact] = [*(Party(id, "Person") for id in IDS), *(Party(id, "Account") for id in ACCOUNTS)]
    distinct = list(dict.fromkeys(links))

    def of(source: str, among: Iterable[tuple[str, Relationship]]) -> list[Fact]:
        return [one for where, one in among if where == source]

    whole = store(*((name, [*parties, *of(name, distinct)]) for name in SOURCES), ("portal", [*last.values()]))
    counting = by_rule(distinct, [*last.values()], time)
    view = ConsentedFacts(whole, "lending", time)
    found = {
        (row["origin"], Relationship(row["source"], row["target"], row["kind"], row["key"]))
        for batch in view.read_relationships()
        for row in batch.to_pylist()
    }
    assert found == counting
