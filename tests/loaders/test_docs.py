"""The worked example of docs/mappings.md, as it is printed there."""

from __future__ import annotations

import re
from pathlib import Path

from graph.stores.base import GraphStore
from tests.loaders.conftest import Loading
from tests.loaders.files import links, outcomes, parties

PAGE = Path(__file__).parents[2] / "docs" / "mappings.md"


def test_the_worked_example_gives_the_printed_counts(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    orders, customers, mapping = re.findall(r"```(?:csv|toml)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "orders-2025.csv").write_text(orders)
    (folder / "customers.csv").write_text(customers)
    (tmp_path / "shop.toml").write_text(mapping)
    result = loading(folder, mapping=tmp_path / "shop.toml")
    loaded = ", ".join(f"{count} {table}" for table, count in result.loaded.items())
    assert (
        f"read {result.read} rows: would load {loaded}; {result.implied} implied parties, "
        f"{result.unchanged} unchanged, {result.rejected} rejected"
    ) in PAGE.read_text()
    assert result.warnings == ("customers.csv: dropped, because it may not be stored: religion",)
    assert {id: (row["kind"], row["attributes"]) for id, row in parties(store).items()} == {
        "ann": ("Person", '{"city":"Ashham"}'), "bo": ("Person", '{"city":"Elmford"}'), "our-shop": ("Merchant", "{}"),
    }  # fmt: skip
    assert [(row["source"], row["key"], row["amount"], row["first"]) for row in links(store)] == [
        ("ann", "1001", 49.9, 1738281600.0), ("ann", "1003", None, 1738540800.0), ("bo", "1002", 120.0, 1738454400.0),
    ]  # fmt: skip
    assert [(row["party"], row["outcome"]) for row in outcomes(store)] == [("ann", "good"), ("bo", "default")]
