"""The seven files of ../shared/cases/analyst load as they were handed over, by the mappings of docs/tutorial."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from graph.stores.base import GraphStore
from loaders.ingest import LoadResult
from tests.loaders.conftest import Loading
from tests.loaders.files import links, outcomes, parties
from tests.loaders.shared_cases import cases_folder

MAPPINGS = Path(__file__).parents[2] / "docs/tutorial"
ORDER = ("customers", "transfers", "calls", "devices", "register", "loans", "mules")


@pytest.fixture
def results(loading: Loading) -> dict[str, LoadResult]:
    cases = cases_folder()
    if cases is None:
        pytest.skip("../shared/cases is absent")
    return {name: loading(cases.parent / "analyst", mapping=MAPPINGS / f"{name}.toml") for name in ORDER}


def test_all_rows_load_but_those_that_are_told(results: dict[str, LoadResult], store: GraphStore) -> None:
    assert {name: result.rejected for name, result in results.items() if result.rejected} == {"mules": 1}
    [unknown] = results["mules"].examples
    assert (unknown.value, unknown.code) == ("K-99999", "dangling_end")
    warnings = [warning for result in results.values() for warning in result.warnings]
    assert [warning for warning in warnings if "check digits" not in warning] == [
        "customers.csv: kept apart, because it is protected and may be no feature: Geburtsdatum",
        "umsaetze_2024-02.csv: left out 1 rows by the mapping's condition on Buchungstag (the first is 'Summe')",
        "bank-transfers: 32 accounts and phones have payments, calls or the like and nobody holds them (the first: "
        "'DE12370400440532013418 pays FATIMA MEYER'), so these tie no party to another; load who holds them, as "
        "HOLDS_ACCOUNT or USES_PHONE",
        "register.csv: 180 rows state again what an earlier row states, and count once (the first: 'HRB 5000')",
    ]
    assert Counter(link["kind"] for link in links(store)) == {
        "HOLDS_ACCOUNT": 420, "USES_PHONE": 420, "PAYS": 3074, "CALLS": 4000, "USES_DEVICE": 1040, "SEEN_AT": 1040,
        "SHAREHOLDER_OF": 180, "DIRECTS": 60,
    }  # fmt: skip
    assert Counter(outcome["outcome"] for outcome in outcomes(store)) == {
        "good": 247, "late": 34, "default": 26, "cured": 23, "fraud": 11,
    }  # fmt: skip


def test_accounts_and_phones_are_those_of_the_customers(results: dict[str, LoadResult], store: GraphStore) -> None:
    kinds = {id: party["kind"] for id, party in parties(store).items()}
    counts = Counter(kinds.values())
    assert (counts["Person"], counts["Company"], counts["Phone"]) == (420, 60, 420)
    assert counts["Account"] == 420 + 32  # those of customers, and the recipients that one payer knows by name
    held = {link["target"] for link in links(store) if link["kind"] == "HOLDS_ACCOUNT"}
    paid = [link for link in links(store) if link["kind"] == "PAYS"]
    assert sum(link["source"] in held and link["target"] in held for link in paid) == 3042
    assert all(float(str(link["amount"])) > 0 for link in paid)
    called = {link[end] for link in links(store) if link["kind"] == "CALLS" for end in ("source", "target")}
    used = {link["target"] for link in links(store) if link["kind"] == "USES_PHONE"}
    assert called <= used


def test_a_refund_goes_the_other_way(results: dict[str, LoadResult], store: GraphStore) -> None:
    [refund] = [link for link in links(store) if link["kind"] == "PAYS" and link["amount"] == 39.58]
    assert refund["source"] == "DE76370400440532013293 pays OLGA KOWALSKI"
    assert refund["target"] == "DE76370400440532013293"


def test_shares_are_fractions_and_roles_have_their_times(results: dict[str, LoadResult], store: GraphStore) -> None:
    roles = [link for link in links(store) if link["target"] == "HRB 5000"]
    shares = {link["source"]: link["weight"] for link in roles if link["kind"] == "SHAREHOLDER_OF"}
    assert shares == {"K-10400": 0.5, "K-10407": 0.333, "K-10403": 0.167}
    [director] = [link for link in roles if link["kind"] == "DIRECTS"]
    assert (director["first"], director["last"]) == (1546297200.0, 1703977200.0)  # 2019-01-01, 2023-12-31 in Berlin
