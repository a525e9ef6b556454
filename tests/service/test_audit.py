"""The access log: one chain over all processes, which shows where it was changed."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from service.records import audit
from service.records.audit import START, Access, Head, LogQuery

ADA, BEN = 1, 2


def asked(time: float, key: int, *parties: str) -> Access:
    return Access(time, key, f"person {key}", "get_score", parties, "lending", 200, "r1")


@pytest.fixture
def log(records: Engine) -> Engine:
    """Five lines: two of Ada's, of which one is about a pair, and three of Ben's."""
    audit.write(records, [asked(10.0, ADA, "ann"), asked(20.0, BEN, "bob")])
    audit.write(records, [asked(30.0, ADA, "ann", "bob"), asked(40.0, BEN, "bob"), asked(50.0, BEN, "😀/'x\n")])
    return records


def numbers(records: Engine, query: LogQuery, limit: int = 100, before: int | None = None) -> list[int]:
    return [line.number for line in audit.find(records, query, limit, before)]


def test_a_digest_is_that_of_the_digest_before_and_the_content(log: Engine) -> None:
    with log.connect() as connection:
        rows = connection.execute(text("SELECT content, digest FROM access ORDER BY number")).all()
    digest = 64 * "0"
    for content, kept in rows:
        digest = hashlib.sha256(f"{digest}\n{content}".encode()).hexdigest()
        assert kept == digest
    assert json.loads(rows[2][0])["parties"] == ["ann", "bob"]
    assert audit.head(log) == Head(5, digest)


def test_a_log_that_nobody_changed_is_whole(log: Engine) -> None:
    verdict = audit.verify(log)
    assert (verdict.lines, verdict.faults) == (5, ())


def test_an_empty_log_is_whole(records: Engine) -> None:
    assert audit.verify(records) == audit.Verdict(0, Head(0, START), ())


def test_lines_are_found_by_party_key_and_time_the_newest_first(log: Engine) -> None:
    assert numbers(log, LogQuery()) == [5, 4, 3, 2, 1]
    assert numbers(log, LogQuery(party="ann")) == [3, 1]
    assert numbers(log, LogQuery(party="😀/'x\n")) == [5]
    assert numbers(log, LogQuery(key=BEN, party="bob")) == [4, 2]
    assert numbers(log, LogQuery(since=20.0, until=40.0)) == [3, 2]
    assert numbers(log, LogQuery(), limit=2, before=4) == [3, 2]


def test_what_was_written_is_read_again(log: Engine) -> None:
    assert audit.find(log, LogQuery(), 1)[0].access == asked(50.0, BEN, "😀/'x\n")


FORGED = json.dumps({"number": 3, "time": 30.0}, sort_keys=True, separators=(",", ":"))
CHANGES = {
    "a changed line": ("UPDATE access SET content = replace(content, 'bob', 'eve') WHERE number = 3", "line 3 is not"),
    "a changed time": ("UPDATE access SET time = 31 WHERE number = 3", "line 3 is not found by what it says"),
    "a changed party": (f"UPDATE access_party SET party = '{START}' WHERE number = 4", "line 4 is not found"),
    "a removed line": ("DELETE FROM access WHERE number = 3", "line 3 is missing"),
    "removed first lines": ("DELETE FROM access WHERE number < 3", "lines 1 to 2 are missing"),
    "removed last lines": ("DELETE FROM access WHERE number > 3", "lines 4 to 5 are missing"),
    "another digest": (f"UPDATE access SET digest = '{START}' WHERE number = 5", "line 5 is not what was written"),
    "another head": (f"UPDATE access_head SET digest = '{START}'", "the head is not that of the last line"),
}


@pytest.fixture
def open_log(log: Engine) -> Engine:
    """The log in a database whose owner has taken away what stands in the way of a forger."""
    if log.dialect.name == "postgresql":
        with log.begin() as connection:
            connection.execute(text("ALTER TABLE access_party DROP CONSTRAINT access_party_number_fkey"))
    return log


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed_and_its_place_named(open_log: Engine, change: str) -> None:
    statement, fault = CHANGES[change]
    with open_log.begin() as connection:
        connection.execute(text(statement))
    faults = audit.verify(open_log).faults
    assert faults and faults[0].startswith(fault)


def test_an_inserted_line_is_noticed(open_log: Engine) -> None:
    with open_log.begin() as connection:
        for number in (5, 4):
            connection.execute(text(f"UPDATE access SET number = {number + 1} WHERE number = {number}"))
        insert = "INSERT INTO access (number, time, content, digest) VALUES (4, 30.0, :content, :digest)"
        connection.execute(text(insert), {"content": FORGED, "digest": START})
        connection.execute(text("UPDATE access_head SET number = 6"))
    assert audit.verify(open_log).faults[0] == "line 4 is not what was written"


def test_a_log_that_was_cut_and_written_again_does_not_run_through_a_kept_head(log: Engine) -> None:
    kept = audit.head(log)
    with log.begin() as connection:
        connection.execute(text("DELETE FROM access_party"))
        connection.execute(text("DELETE FROM access"))
        connection.execute(text(f"UPDATE access_head SET number = 0, digest = '{START}'"))
    audit.write(log, [asked(time, BEN, "bob") for time in (1.0, 2.0, 3.0, 4.0, 5.0)])
    assert audit.verify(log).faults == ()
    assert audit.verify(log, kept).faults == ("the log does not run through the head that was kept",)


def test_several_that_write_at_once_make_one_chain(records: Engine) -> None:
    def write(key: int) -> None:
        for time in range(10):
            audit.write(records, [asked(float(time), key, "ann"), asked(float(time), key, "bob")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    verdict = audit.verify(records)
    assert (verdict.lines, verdict.faults) == (80, ())
