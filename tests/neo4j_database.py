"""The database that the tests may empty: one that was empty when they first came, and which they marked as theirs."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import neo4j
import pytest

MARK = "KithTestsMayWipeThis"


def query(url: str, statement: str) -> list[list[Any]]:
    """Run Cypher on a store URL's database, past the store."""
    parts = urlsplit(url)
    auth = (unquote(parts.username or ""), unquote(parts.password or ""))
    address = f"{parts.scheme}://{parts.hostname}:{parts.port or 7687}"
    with neo4j.GraphDatabase.driver(address, auth=auth, notifications_min_severity="OFF") as driver:
        records = driver.execute_query(statement, database_=parts.path.strip("/") or "neo4j").records
        return [record.values() for record in records]


def claim(url: str) -> None:
    """Mark an empty database as the tests'. Anything else in it was not written by them, so they refuse it."""
    if query(url, f"MATCH (m:{MARK}) RETURN count(m)") != [[0]]:
        return
    if query(url, "MATCH (n) RETURN count(n)") != [[0]]:
        pytest.fail(
            f"{urlsplit(url).hostname}:{urlsplit(url).port} holds data, and the Neo4j tests wipe what they use: "
            "name an empty database in KITH_TEST_NEO4J_URL"
        )
    query(url, f"CREATE (:{MARK})")


def wipe(url: str) -> None:
    """Empty the tests' database, but for the mark."""
    query(url, f"MATCH (n) WHERE NOT n:{MARK} DETACH DELETE n")
