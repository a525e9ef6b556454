"""Accounts and phones with payments or calls that nobody holds are told: what reaches them ties no party."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import load
from tests.loaders.conftest import NOW, Loading
from tests.loaders.files import write

BOOK = "id,kind\nann,Person\nbo,Person\na1,Account\nb1,Account\nph,Phone\nd,Device\nc1,Account\n"
HEAD = "source,target,kind\n"
PAYMENTS = HEAD + "a1,b1,PAYS\nb1,ann,PAYS\nph,d,CALLS\n"


def unheld(warnings: tuple[str, ...]) -> list[str]:
    return [text for text in warnings if "nobody holds" in text]


@pytest.mark.parametrize("dry_run", [False, True])
def test_identifiers_that_nobody_holds_are_counted_with_an_example(
    tmp_path: Path, loading: Loading, dry_run: bool
) -> None:
    folder = write(tmp_path / "in", parties=BOOK, relationships=PAYMENTS + "ann,a1,HOLDS_ACCOUNT\n")
    (told,) = unheld(loading(folder, dry_run=dry_run).warnings)
    assert told.startswith("in: 2 accounts and phones have payments, calls or the like and nobody holds them")
    assert "(the first: 'b1')" in told


def test_held_ones_and_those_without_payments_are_not_told(tmp_path: Path, loading: Loading) -> None:
    held = "ann,a1,HOLDS_ACCOUNT\nbo,b1,HOLDS_ACCOUNT\nbo,ph,USES_PHONE\n"
    assert unheld(loading(write(tmp_path / "in", parties=BOOK, relationships=PAYMENTS + held)).warnings) == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_holders_and_accounts_of_earlier_loads_count(tmp_path: Path, loading: Loading, dry_run: bool) -> None:
    register = HEAD + "ann,a1,HOLDS_ACCOUNT\nbo,ph,USES_PHONE\n"
    loading(write(tmp_path / "register", parties=BOOK, relationships=register))
    payments = write(tmp_path / "payments", outcomes="id,outcome\nann,1\n", relationships=PAYMENTS)
    mapping = tmp_path / "bank.toml"
    mapping.write_text(
        'name = "bank"\nends = "refuse"\n[[files]]\nname = "relationships.csv"\ntable = "relationships"\n'
        '[files.fields]\nsource = "source"\ntarget = "target"\nkind = "kind"\n'
    )
    (told,) = unheld(loading(payments, mapping=mapping, dry_run=dry_run).warnings)
    assert told.startswith("bank: 1 accounts and phones") and "'b1'" in told


def test_accounts_that_a_mapping_implies_are_told(tmp_path: Path, loading: Loading) -> None:
    mapping = tmp_path / "bank.toml"
    mapping.write_text(
        'name = "bank"\nends = "implied"\n[[files]]\nname = "pays.csv"\ntable = "relationships"\n'
        'source_kind = "Account"\ntarget_kind = "Account"\n[files.fields]\nsource = "a"\ntarget = "b"\n'
        'kind = { constant = "PAYS" }\n'
    )
    (told,) = unheld(loading(write(tmp_path / "in", pays="a,b\nx,y\ny,z\n"), mapping=mapping).warnings)
    assert told.startswith("bank: 3 accounts and phones")


@pytest.mark.neo4j
def test_neo4j_tells_the_same(neo4j_url: str, tmp_path: Path) -> None:
    store: GraphStore = open_store(neo4j_url)
    folder = write(tmp_path / "in", parties=BOOK, relationships=PAYMENTS + "ann,a1,HOLDS_ACCOUNT\n")
    for dry_run in (True, False):
        (told,) = unheld(load([folder], store, rejects_dir=tmp_path / "rejects", now=NOW, dry_run=dry_run).warnings)
        assert told.startswith("in: 2 accounts and phones")
    store.close()
