"""Cases, alerts, views and sessions as they are kept, on every database that keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from graph.errors import KeyRefused
from graph.purposes import PURPOSES
from service.records import keys, sessions
from service.records.casework import acts, alerts, cases, views
from service.records.casework.acts import Act
from service.records.casework.alerts import AlertQuery, AlertSearch, StoredAlert
from service.records.casework.cases import CaseQuery, StoredCase

ODD = 'it\'s "odd" 😀 مرحبا \x00 /'  # PostgreSQL keeps no NUL as a text
CASE = StoredCase(0, 1, "open", "Ada", 1.0, 1.0, '{"title": "ring"}')
ALERT = StoredAlert("a1", 1, "score", "high", 0.5, 1.0, "new", None, None, "{}", "{}")


def test_a_case_is_replaced_only_by_the_next_version(records: Engine) -> None:
    id = cases.add(records, CASE, ["ann", "bob"], ["v1"], [Act("opened")], "Ada")
    newer = replace(CASE, id=id, version=2, state="closed", changed=2.0)
    assert cases.replace(records, newer, ["ann"], [], [Act("closed", ODD, {"why": ODD})], "Ben")
    assert not cases.replace(records, newer, ["ann"], [], [Act("closed")], "Eve")
    assert cases.get(records, id) == newer
    log = acts.acts_on(records, "case", [str(id)])[str(id)]
    assert [(act.number, act.by, act.what) for act in log] == [(1, "Ada", "opened"), (2, "Ben", "closed")]


def test_cases_are_found_by_state_and_party(records: Engine) -> None:
    for party in ("ann", "bob"):
        cases.add(records, CASE, [party], [], [], "Ada")
    found, total = cases.find(records, CaseQuery(state="open", parties=["bob"]), 10)
    assert ([case.id for case in found], total) == ([2], 1)


def test_people_who_change_a_case_at_once_overwrite_nothing(records: Engine) -> None:
    id = cases.add(records, CASE, [], [], [], "Ada")

    def change(by: int) -> bool:
        return cases.replace(records, replace(CASE, id=id, version=2), [], [], [Act("noted")], str(by))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, range(4))) == [False, False, False, True]


def test_an_alert_that_two_searches_find_is_kept_once(records: Engine) -> None:
    search = AlertSearch("s1", None, 1.0, 0)

    def keep(_: int) -> None:
        alerts.keep_search(records, search, [(ALERT, ["ann", "bob"])])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(keep, range(3)))
    assert alerts.every(records) == [ALERT] and alerts.search_of(records, "s1") == search
    found, counts = alerts.find(records, AlertQuery(now=2.0, parties=["bob"]), 10)
    assert (found, counts) == ([ALERT], {"score": 1})


def test_an_alert_is_replaced_only_by_the_next_version(records: Engine) -> None:
    alerts.keep_search(records, AlertSearch("s1", None, 1.0, 0), [(ALERT, ["ann"])])
    taken = replace(ALERT, version=2, state="taken", assignee="Ada")
    assert alerts.replace(records, taken, [Act("taken")], "Ada", 2.0)
    assert not alerts.replace(records, taken, [Act("taken")], "Ben", 2.0)
    assert alerts.get(records, "a1") == taken


def test_a_view_is_kept_once_for_all_who_make_it(records: Engine) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda person: views.keep(records, "v1", "{}", person, 1.0), ["Cy", "Ada", "Ben"]))
    kept = views.get(records, "v1")
    assert kept is not None and kept.owners == ("Ada", "Ben", "Cy")


def test_a_session_ends_with_silence_and_with_its_key(records: Engine) -> None:
    key = keys.create(records, PURPOSES, "investigator", name="Ada")[1]
    token = sessions.open_session(records, key, 1_000.0)
    assert sessions.key_of_session(records, token, 60.0, 1_059.0).id == key.id
    assert sessions.key_of_session(records, token, 60.0, 1_110.0).id == key.id
    with pytest.raises(KeyRefused, match="ended after 60 s"):
        sessions.key_of_session(records, token, 60.0, 1_171.0)
    other = sessions.open_session(records, key, 2_000.0)
    keys.revoke(records, key.id)
    with pytest.raises(KeyRefused, match="was revoked"):
        sessions.key_of_session(records, other, 60.0, 2_001.0)
