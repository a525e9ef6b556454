"""The published inputs of ../shared/cases/loading, each with what its README calls right.

`python -m tests.loaders.shared_cases` prints a table of them; `test_shared_cases` runs them as tests.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.errors import KithError, MappingError
from graph.snapshots.build import build_snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from loaders.undoing import undo

ROOT = Path(__file__).parents[2]
NOW = 1_796_000_000.0  # November 2026


def cases_folder() -> Path | None:
    """../shared/cases/loading beside the checkout or its main working tree; None where it is absent."""
    given = os.environ.get("KITH_CASES")
    candidates = [Path(given)] if given else [ROOT.parent / "shared/cases/loading", ROOT / "shared/cases/loading"]
    return next((folder for folder in candidates if folder.is_dir()), None)


class Case:
    """One case with a store of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        self.store: GraphStore = open_store(f"sqlite:///{home}/kith.db")

    def load(self, path: str = ".", mapping: str | None = None, **more: object) -> LoadResult:
        chosen = None if mapping is None else self.folder / mapping
        options: dict[str, object] = {"rejects_dir": self.home / "rejects", "now": NOW} | more
        return load([self.folder / path], self.store, chosen, **options)  # type: ignore[arg-type]

    def parties(self) -> dict[str, dict[str, object]]:
        rows = [row for batch in self.store.read_parties() for row in batch.to_pylist()]
        return {row["id"]: row for row in rows}

    def attributes(self, id: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(str(self.parties()[id]["attributes"]))
        return found

    def links(self) -> list[dict[str, object]]:
        return [row for batch in self.store.read_relationships() for row in batch.to_pylist()]

    def ends(self, *more: str) -> list[tuple[object, ...]]:
        return sorted(tuple(link[name] for name in ("source", "target", *more)) for link in self.links())

    def outcomes(self) -> list[tuple[object, object]]:
        rows = [row for batch in self.store.read_outcomes() for row in batch.to_pylist()]
        return sorted((row["party"], row["outcome"]) for row in rows)


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def codes(result: LoadResult) -> dict[str, int]:
    return result.reasons


def told(result: LoadResult, *words: str) -> bool:
    """Whether one warning holds all these words."""
    return any(all(word in warning for word in words) for warning in result.warnings)


def years(case: Case) -> None:
    result = case.load()
    begins = {id: row["valid_from"] for id, row in case.parties().items()}
    assert begins == {
        "co1": day("1998-01-01"),
        "co2": day("2004-07-01"),
        "co3": day("2011-03-15"),
        "co4": day("1998-05-01"),
    }
    assert case.ends("first") == [("co1", "co2", day("2003-01-01")), ("co2", "co3", day("2011-03-15"))]
    [reject] = result.examples
    assert reject.value == "44227"
    assert "spreadsheet" in reject.text


def namibia(case: Case) -> None:
    result = case.load()
    assert result.rejected == 0
    assert case.attributes("p1")["country"] == "NA"
    assert case.attributes("p2")["first_name"] == "Nan"
    assert case.attributes("p3")["first_name"] == "Null"
    assert case.attributes("p4")["first_name"] == "INF"


def corrected_end(case: Case) -> None:
    case.load("v1", "tx.toml")
    case.load("v2", "tx.toml")
    assert case.ends("amount") == [("ann", "cy", 55.0), ("ann", "di", 100.0)]


def newer_full_export(case: Case) -> None:
    case.load("v1", source="bank")
    result = case.load("v2", source="bank", replace=True)
    assert case.ends() == [("ann", "bo"), ("bo", "di")]
    assert result.ended >= 1


def undo_of_an_older_load(case: Case) -> None:
    """What the later load stated too stays, and the undo says how much goes and how much stays."""
    case.load("v1", source="bank")
    case.load("v2", source="bank")
    undone = undo(case.store, 1)
    assert (undone.taken["relationships"], undone.kept["relationships"]) == (1, 1)
    assert case.ends() == [("ann", "bo"), ("bo", "di")]


def int96(case: Case) -> None:
    case.load()
    [spans] = [{(row["valid_from"], row["valid_to"]) for row in case.parties().values()}]
    assert all(end is None or end >= day("9999-12-31") for _, end in spans)
    snapshot = build_snapshot(case.store, case.home / "snapshot", as_of=day("2024-01-01"))
    assert snapshot.n_parties >= 1


def uuids(case: Case) -> None:
    case.load("random")
    case.load(".", source="other")
    assert all(len(str(end)) == 36 for pair in case.ends() for end in pair)
    assert ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002") in case.ends() or any(
        str(end).startswith("00000000") for pair in case.ends() for end in pair
    )


def exact_integers(case: Case) -> None:
    case.load(source="parquet")
    parquet = {id: json.loads(str(row["attributes"])) for id, row in case.parties().items()}
    assert "1234567890123456789" in [value.get("national_no") for value in parquet.values()]
    assert "9007199254740993" in [value.get("national_no") for value in parquet.values()]
    assert "12345678901234567.89" in [str(item) for value in parquet.values() for item in value.values()]


def mangled_ids(case: Case) -> None:
    plain = case.load("relationships.csv")
    whole = case.load(".", "w.toml")
    assert plain.rejected == whole.rejected == 2
    assert case.parties() == {}


def blanks(case: Case) -> None:
    assert case.load().rejected == 0
    assert sorted(case.parties()) == ["ann", "bo", "cy"]


def comments(case: Case) -> None:
    for name in ("town.txt", "short.txt"):
        result = case.load(name, "snap.toml")
        assert told(result, "comment")
        assert sorted(case.parties()) == ["0", "1", "2"]


def spreadsheet_separator(case: Case) -> None:
    case.load("relationships.csv")
    assert case.ends("amount") == [("ann", "bo", 1.5), ("bo", "cy", 1234.5), ("cy", "ann", 1234.0)]
    case.load("nosep.csv", "e.toml", source="relationships.csv")
    assert case.ends("amount") == [("ann", "bo", 1.5), ("bo", "cy", 1234.5), ("cy", "ann", 1234.0)]


def quotes(case: Case) -> None:
    result = case.load("people.tsv", "t.toml")
    assert result.read == 5
    assert "rows_in_quotes" in codes(result)
    assert case.load("people2.tsv", "t2.toml").read == 4


def both_ways(case: Case) -> None:
    result = case.load()
    assert len(case.links()) == 2
    assert (result.read, result.loaded["relationships"], result.unchanged) == (3, 2, 1)


def changed_outcomes(case: Case) -> None:
    case.load("v1", source="lms")
    result = case.load("v2", source="lms")
    assert case.outcomes() == [("ann", "default"), ("bo", "good")]
    assert result.ended == 2


def repeated_header(case: Case) -> None:
    result = case.load()
    assert case.ends() == [("ann", "bo"), ("bo", "cy"), ("cy", "di")]
    assert told(result, "repeat the header")


def party_and_phone(case: Case) -> None:
    result = case.load(".", "c.toml")
    assert told(result, "5550100", "Phone", "Person")


def float_dates(case: Case) -> None:
    for path in ("relationships.csv", "pq"):
        case.load(path, source=path)
        dates = [row["first"] for row in case.links() if row["origin"] == path]
        assert sorted(date for date in dates if date is not None) == [day("2025-01-31"), day("2025-02-01")]


def missing_keys(case: Case) -> None:
    assert codes(case.load("v1", "tx.toml")) == {"missing_key": 1}
    assert codes(case.load("v2", "tx.toml")) == {"missing_key": 2}


def formula_ids(case: Case) -> None:
    result = case.load()
    assert sorted(case.parties()) == ["00123", "00456"]
    assert result.warnings


def epoch_units(case: Case) -> None:
    case.load()
    ends = [row["valid_to"] for row in case.parties().values()]
    assert all(end is None or end <= day("9999-12-31") for end in ends)
    case.load("pq", source="pq")
    assert all(row["first"] is None or row["first"] < NOW for row in case.links())


def windows_bytes(case: Case) -> None:
    result = case.load()
    assert all("latin" not in reject.text.lower() for reject in result.examples)
    assert result.rejected == 2
    assert told(case.load(".", "l.toml"), "cp1252")


def dated_folders(case: Case) -> None:
    case.load("2024-01-05")
    assert told(case.load("2024-01-06"), "2024-01-05", "--source")


def strptime(case: Case) -> None:
    result = case.load(".", "s.toml", source="s")
    assert codes(result) == {"future_time": 1}  # the year 68
    assert told(result, "1970")
    assert {row["first"] for row in case.links()} == {day("2024-01-31T04:30:00"), day("1970-01-31T10:00:00")}
    for zone in ("UTC", "America/New_York"):
        os.environ["TZ"] = zone
        time.tzset()
        try:
            case.load("zone.csv", "z.toml")
        except MappingError as error:
            assert "%Z" in str(error)
        else:
            raise AssertionError("%Z is taken")
        finally:
            del os.environ["TZ"]
            time.tzset()
    case.load("xl.csv", "xl.toml", source="xl")
    assert {row["first"] for row in case.links() if row["origin"] == "xl"} == {
        day("2024-01-01"),
        day("2024-01-01T18:00:00"),
    }


def missing_ids(case: Case) -> None:
    result = case.load(".", "n.toml")
    assert codes(result) == {"missing_id": 4}
    assert case.parties() == {}


def missing_in_parquet(case: Case) -> None:
    case.load("csv", "csv.toml", source="csv")
    case.load("pq", "parquet.toml", source="pq")
    by_origin = {
        origin: sorted(
            (row["source"], row["target"], row["amount"] or -7.0, row["first"] or -7.0)
            for row in case.links()
            if row["origin"] == origin
        )
        for origin in ("csv", "pq")
    }
    assert by_origin["csv"] == by_origin["pq"]


def big_amounts(case: Case) -> None:
    case.load()
    links = build_snapshot(case.store, case.home / "snapshot").links("PAYS")
    assert sorted(np.asarray(links.amount, np.float64).tolist()) == [0.1, 16777217.0, 123456789.01]
    assert sorted(np.asarray(links.count).tolist()) == [5, 2147483648, 3000000000]


def correction_in_one_load(case: Case) -> None:
    for _ in range(2):
        result = case.load("all", "shop.toml")
        assert case.ends("amount") == [("ann", "our-shop", 4.99)]
        assert result.rejected == 0
    assert sum(result.loaded.values()) == 0


def updated_share(case: Case) -> None:
    case.load("v1", source="registry")
    for path in ("v2", "v3"):
        assert told(case.load(path, source="registry"), "OWNS")
    assert case.load("v3", source="registry", replace=True).ended == 4
    assert len(case.links()) == 2


CASES: dict[str, tuple[Callable[[Case], None], ...]] = {
    "01-year-only-dates": (years,),
    "02-na-namibia": (namibia,),
    "03-corrected-end": (corrected_end,),
    "04-undo-of-older-full-export": (newer_full_export, undo_of_an_older_load),
    "05-int96-9999": (int96,),
    "06-parquet-uuid": (uuids,),
    "07-parquet-int64-attr": (exact_integers,),
    "08-excel-mangled-ids": (mangled_ids,),
    "09-id-whitespace": (blanks,),
    "13-snap-comments": (comments,),
    "15-excel-sep": (spreadsheet_separator,),
    "17-quotes-tsv": (quotes,),
    "18-undirected-twice": (both_ways,),
    "19-outcome-changes": (changed_outcomes,),
    "20-concatenated-headers": (repeated_header,),
    "21-party-and-phone": (party_and_phone,),
    "25-pandas-float-dates": (float_dates,),
    "26-key-missing": (missing_keys,),
    "29-excel-formula-ids": (formula_ids,),
    "31-epoch-units": (epoch_units,),
    "32-cp1252": (windows_bytes,),
    "38-dated-folders": (dated_folders,),
    "39-strptime": (strptime,),
    "44-null-ids": (missing_ids,),
    "45-missing-parquet": (missing_in_parquet,),
    "49-big-amounts": (big_amounts,),
    "54-correction-in-one-load": (correction_in_one_load,),
    "55-updated-share": (updated_share,),
}


def run(name: str, check: Callable[[Case], None], folder: Path) -> None:
    """Run one check of a case in a fresh store. Raises AssertionError where Kith answers otherwise."""
    with tempfile.TemporaryDirectory(prefix="kith-case-") as home:
        case = Case(folder / name, Path(home))
        try:
            check(case)
        finally:
            case.store.close()


def main() -> None:
    """Print which cases answer as their READMEs say."""
    folder = cases_folder()
    if folder is None:
        print("../shared/cases/loading is absent; name it with KITH_CASES")
        return
    for name, checks in CASES.items():
        for check in checks:
            try:
                run(name, check, folder)
                state = "right"
            except (AssertionError, KithError, TypeError, AttributeError, pa.ArrowException) as error:
                state = f"not yet: {type(error).__name__} {' '.join(str(error).split())[:90]}"
            print(f"{name:32} {check.__name__:24} {state}")


if __name__ == "__main__":
    main()
