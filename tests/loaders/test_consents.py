"""Consents in files: read, corrected, ended, taken back, and refused where they say too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import MappingError
from graph.schema import CONSENTS, Consent
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from loaders.undoing import undo

DAY = 86_400.0
HEAD = "id,source,purpose,given,withdrawn\n"
BANK = Consent("ann", "bank", "lending", DAY)


@pytest.fixture
def store(tmp_path: Path) -> GraphStore:
    return open_store(f"sqlite:///{tmp_path / 'kith.db'}")


def loading(store: GraphStore, folder: Path, consents: str, people: str = "id\nann\nbo\n", **more: bool) -> LoadResult:
    folder.mkdir()
    (folder / "consents.csv").write_text(HEAD + consents)
    if people:
        (folder / "parties.csv").write_text(people)
    return load([folder], store, source="portal", rejects_dir=folder.parent / "rejects", **more)


def live(store: GraphStore, revision: int | None = None) -> set[Consent]:
    rows = [row for batch in store.read_consents(revision) for row in batch.to_pylist()]
    return {Consent(**{name: row[name] for name in CONSENTS.names}) for row in rows}


def test_consents_are_loaded_counted_and_corrected_by_a_withdrawal(store: GraphStore, tmp_path: Path) -> None:
    first = loading(store, tmp_path / "1", "ann,bank,lending,1970-01-02,\nbo,bank,lending,1970-01-02,1970-01-05\n")
    assert (first.loaded["consents"], first.rejected, first.unchanged) == (2, 0, 0)
    bo = Consent("bo", "bank", "lending", DAY, 4 * DAY)
    assert live(store) == {BANK, bo}
    second = loading(store, tmp_path / "2", "ann,bank,lending,1970-01-02,1970-01-04\n")
    assert second.loaded["consents"] == 1
    assert live(store) == {replace(BANK, withdrawn=3 * DAY), bo} and live(store, 1) == {BANK, bo}
    undo(store, 2)
    assert live(store) == {BANK, bo}


def test_what_a_full_export_no_longer_lists_ends(store: GraphStore, tmp_path: Path) -> None:
    loading(store, tmp_path / "1", "ann,bank,lending,1970-01-02,\nbo,bank,lending,1970-01-02,\n")
    found = loading(store, tmp_path / "2", "ann,bank,lending,1970-01-02,\n", replace=True)
    assert (found.ended, found.unchanged) == (1, 3)
    assert live(store) == {BANK}


def test_a_row_that_says_it_again_is_unchanged_and_one_that_contradicts_it_is_refused(
    store: GraphStore, tmp_path: Path
) -> None:
    rows = "ann,bank,lending,1970-01-02,\n" * 2 + "ann,bank,lending,1970-01-02,1970-01-03\n"
    found = loading(store, tmp_path / "1", rows)
    assert (found.loaded["consents"], found.unchanged, found.reasons) == (1, 1, {"other_withdrawal": 1})
    assert live(store) == {BANK}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("zoe,bank,lending,1970-01-02,", "dangling_end"),
        (",bank,lending,1970-01-02,", "missing_id"),
        ("ann,,lending,1970-01-02,", "missing_id"),
        ("ann,bank,,1970-01-02,", "missing_purpose"),
        ("ann,bank,lending,,", "missing_given"),
        ("ann,bank,lending,soon,", "bad_time"),
        ("ann,bank,lending,2999-01-01,", "future_time"),
        ("ann,bank,lending,1970-01-02,1970-01-01", "reversed_times"),
    ],
)
def test_a_consent_that_says_too_little_is_refused(store: GraphStore, tmp_path: Path, row: str, code: str) -> None:
    found = loading(store, tmp_path / "1", f"{row}\nann,bank,lending,1970-01-02,\n")
    assert found.reasons == {code: 1} and live(store) == {BANK}


def test_a_dry_run_writes_nothing(store: GraphStore, tmp_path: Path) -> None:
    found = loading(store, tmp_path / "1", "ann,bank,lending,1970-01-02,\n", dry_run=True)
    assert found.loaded["consents"] == 1 and live(store) == set()


def test_a_mapping_reads_consents_of_another_form(store: GraphStore, tmp_path: Path) -> None:
    loading(store, tmp_path / "people", "")
    mapping = tmp_path / "portal.toml"
    mapping.write_text(
        'name = "portal"\n[[files]]\nname = "*.csv"\ntable = "consents"\n[files.fields]\nid = "who"\n'
        'source = { constant = "bank" }\npurpose = { column = "what", values = { "Kredit" = "lending" } }\n'
        'given = { column = "from", unit = "%d.%m.%Y" }\nwithdrawn = { column = "to", unit = "%d.%m.%Y" }\n'
    )
    (tmp_path / "list.csv").write_text("who,what,from,to\nann,Kredit,02.01.1970,\n")
    assert load([tmp_path / "list.csv"], store, mapping).loaded["consents"] == 1
    assert live(store) == {BANK}
    mapping.write_text(mapping.read_text().replace("[files.fields]", 'key = ["who"]\n[files.fields]'))
    with pytest.raises(MappingError, match="a consent is known by its party, source, purpose and time"):
        load([tmp_path / "list.csv"], store, mapping)


def test_consents_are_read_from_parquet(store: GraphStore, tmp_path: Path) -> None:
    loading(store, tmp_path / "people", "")
    columns = {"id": ["ann"], "source": ["bank"], "purpose": ["lending"], "given": ["1970-01-02"]}
    (tmp_path / "p").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "p" / "consents.parquet")
    assert load([tmp_path / "p"], store, source="portal").loaded["consents"] == 1 and live(store) == {BANK}
