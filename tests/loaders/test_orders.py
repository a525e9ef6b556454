"""Files of orders: recognised columns, the meaning of words, and rows that are refused with their place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graph.errors import InputError, UsageError
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.orders import read_orders
from loaders.plan import make_plan

DAY = 86_400.0
HEADER = "order,party,time,amount,asked,outcome,settled\n"


def written(folder: Path, text: str, name: str = "orders.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_orders_are_read_in_the_order_of_their_times(tmp_path: Path) -> None:
    rows = "b,ann,1970-01-03,20,none,defaulted,1970-01-09\na,bo,1970-01-02,10.5,deposit,paid,\nc,bo,1970-01-03,,no,,\n"
    found = read_orders(written(tmp_path, HEADER + rows))
    assert (found.order, found.party) == (("a", "b", "c"), ("bo", "ann", "bo"))
    assert found.time.tolist() == [DAY, 2 * DAY, 2 * DAY]
    assert found.asked.tolist() == [True, False, False]
    assert found.outcome == ("paid", "defaulted", "open")
    np.testing.assert_array_equal(found.amount, [10.5, 20.0, np.nan])
    np.testing.assert_array_equal(found.settled, [np.nan, 8 * DAY, np.nan])
    assert not found.rejected


def test_columns_are_recognised_by_what_they_are_usually_called(tmp_path: Path) -> None:
    text = "Order ID,Customer,Order date,Total,Deposit,Status\n1,ann,2025-03-01,9,yes,paid\n"
    found = read_orders(written(tmp_path, text))
    assert (found.order, found.party, found.has_amounts) == (("1",), ("ann",), True)


def test_a_mapping_names_the_columns_and_says_what_words_mean(tmp_path: Path) -> None:
    mapping = written(
        tmp_path,
        '[[files]]\nname = "*.csv"\ntable = "orders"\ndelimiter = ";"\n[files.fields]\norder = "Nr"\nparty = "Kunde"\n'
        'time = { column = "Datum", unit = "%d.%m.%Y" }\noutcome = "Stand"\n'
        'asked = { column = "Kaution", values = { "ja" = "deposit", "nein" = "none" } }\n',
        "shop.toml",
    )
    (tmp_path / "x").mkdir()
    orders = written(
        tmp_path / "x", "Nr;Kunde;Datum;Kaution;Stand\n1;ann;31.01.2025;ja;paid\n2;bo;01.02.2025;nein;late\n"
    )
    mapping.write_text('name = "shop"\n' + mapping.read_text())
    found = read_orders(orders, mapping)
    assert (found.order, found.asked.tolist(), found.outcome) == (("1", "2"), [True, False], ("paid", "late"))
    with pytest.raises(UsageError, match="orders, which are no facts; read them with `kith backtest`"):
        make_plan([orders], mapping, None)
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    with pytest.raises(UsageError):
        load([orders], store, mapping)
    assert store.revision() == 0


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (",ann,2025-01-01,1,none,paid,", "missing_id", "order"),
        ("1,,2025-01-01,1,none,paid,", "missing_id", "party"),
        ("1,ann,,1,none,paid,", "bad_time", "time"),
        ("1,ann,soon,1,none,paid,", "bad_time", "time"),
        ("1,ann,2999-01-01,1,none,paid,", "future_time", "time"),
        ("1,ann,2025-01-01,-1,none,paid,", "negative_amount", "amount"),
        ("1,ann,2025-01-01,1,perhaps,paid,", "unknown_asked", "asked"),
        ("1,ann,2025-01-01,1,,paid,", "unknown_asked", "asked"),
        ("1,ann,2025-01-01,1,none,refused,", "unknown_order_outcome", "outcome"),
        ("1,ann,2025-01-02,1,none,paid,2025-01-01", "reversed_times", "settled"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_the_rest_is_read(
    tmp_path: Path, row: str, code: str, column: str
) -> None:
    found = read_orders(written(tmp_path, f"{HEADER}{row}\n2,bo,2025-01-01,1,none,paid,\n"))
    assert found.order == ("2",) and found.rejected == {code: 1}
    (reject,) = found.examples
    assert (reject.file, reject.line, reject.column, reject.code) == ("orders.csv", 2, column, code)


def test_of_two_rows_of_one_order_the_first_counts(tmp_path: Path) -> None:
    found = read_orders(
        written(tmp_path, f"{HEADER}1,ann,2025-01-01,1,none,paid,\n1,ann,2025-01-01,1,none,defaulted,\n")
    )
    assert (found.outcome, found.rejected) == (("paid",), {"duplicate_order": 1})


def test_what_could_be_two_fields_and_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="may each be party; say in a mapping which one is"):
        read_orders(written(tmp_path, "order,customer,user,time,asked,outcome\n"))
    with pytest.raises(InputError, match="no column is called like asked"):
        read_orders(written(tmp_path, "order,party,time,outcome\n"))
    with pytest.raises(InputError, match="is no file"):
        read_orders(tmp_path / "none.csv")
