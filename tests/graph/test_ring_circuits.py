"""What is a circle of money and what only pays back and forth; a loop of guarantees where nobody else guarantees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from graph.rings.circuits import flows_in_time
from graph.rings.find import Ring, find_rings
from graph.rings.network import DAY, DirectedLinks
from graph.schema import Party, Relationship
from graph.snapshots.build import build_snapshot
from tests.graph.networks import MemoryStore, load_facts

Payment = tuple[str, str, float, float]  # from, to, day, amount


def rings_of(folder: Path, relationships: Sequence[Relationship], others: Iterable[str] = ()) -> list[Ring]:
    ids = sorted({end for link in relationships for end in (link.source, link.target)} | set(others))
    store = MemoryStore()
    load_facts(store, [*(Party(id, "Person") for id in ids), *relationships])
    return find_rings(build_snapshot(store, folder / "snapshot"))


def payments(rows: Iterable[Payment]) -> list[Relationship]:
    return [
        Relationship(a, b, "PAYS", str(i), first=day * DAY, last=day * DAY, amount=amount)
        for i, (a, b, day, amount) in enumerate(rows)
    ]


def refunds() -> list[Payment]:
    """Four of every five customers of a shop are paid back six days later."""
    sold = [(f"c{s}.{c}", f"s{s}", 3.0 * c, 40.0 + c) for s in range(8) for c in range(5)]
    return [*sold, *((shop, customer, day + 6, amount) for customer, shop, day, amount in sold if customer[-1] != "0")]


def payroll() -> list[Payment]:
    """A firm pays 18 people each month, and each spends there."""
    wages = [("firm", f"w{i}", 30.0 * month, 1800.0) for month in range(4) for i in range(18)]
    return [*wages, *((worker, "firm", day + 5 + i % 9, 40.0) for i, (_, worker, day, _) in enumerate(wages))]


def marketplace() -> list[Payment]:
    """Sixty people buy and sell through one place."""
    return [
        pair
        for i in range(60)
        for pair in (
            (f"u{i}", "market", float(i % 29), 20.0 + i),
            ("market", f"u{(i * 7) % 60}", i % 29 + 1.0, 18.0 + i),
        )
    ]


@pytest.mark.parametrize("rows", [refunds(), payroll(), marketplace()], ids=["refunds", "payroll", "marketplace"])
def test_money_that_goes_back_where_it_came_from_is_no_circle(rows: list[Payment], tmp_path: Path) -> None:
    assert rings_of(tmp_path, payments(rows)) == []


def circle(members: Sequence[str], day: float, amount: float) -> list[Payment]:
    ends = zip(members, [*members[1:], members[0]], strict=True)
    return [(a, b, day + i, amount) for i, (a, b) in enumerate(ends)]


def background(count: int = 300) -> list[Payment]:
    """Payments between strangers that lead nowhere."""
    return [(f"x{i}", f"y{(i * 13) % 200}", float(i % 120), 30.0 + i % 50) for i in range(count)]


def test_a_circle_beside_refunds_is_found_without_the_refunded(tmp_path: Path) -> None:
    gang = ["ann", "bo", "cy", "dee"]
    turns = [payment for turn in range(3) for payment in circle(gang, 10.0 + 20 * turn, 4900.0)]
    sales = [("ann", "shop", 12.0, 30.0), ("shop", "ann", 15.0, 30.0)]
    (found,) = rings_of(tmp_path, payments([*background(), *turns, *sales]))
    assert found.kind == "money_circle"
    assert sorted(found.parties) == gang


@pytest.mark.parametrize("size", [3, 4, 6, 10, 15])
def test_a_loop_of_guarantees_is_found_where_nobody_else_guarantees(size: int, tmp_path: Path) -> None:
    members = [f"g{i:02}" for i in range(size)]
    loop = [
        Relationship(a, b, "GUARANTEES", "1", first=i * DAY, last=i * DAY)
        for i, (a, b) in enumerate(zip(members, [*members[1:], members[0]], strict=True))
    ]
    (found,) = rings_of(tmp_path, loop, others=[f"other{i}" for i in range(300)])
    assert (found.kind, sorted(found.parties)) == ("guarantee_loop", members)


def links(*rows: tuple[int, int, float]) -> DirectedLinks:
    source, target, time = (np.array(column) for column in zip(*rows, strict=True))
    return DirectedLinks(source, target, time.astype(np.float64), np.full(len(rows), np.nan), np.arange(len(rows)))


@pytest.mark.parametrize(
    ("rows", "flows"),
    [
        ([(0, 1, 1), (1, 2, 2), (2, 0, 3)], True),
        ([(0, 1, 2), (1, 2, 3), (2, 0, 1)], True),  # begins with 2 -> 0
        ([(0, 1, 3), (1, 2, 2), (2, 0, 1)], False),  # each is paid before it could pass anything on
        ([(0, 1, 3), (1, 2, 2), (2, 0, 1), (1, 2, 4), (2, 0, 5)], True),
        ([(0, 1, 1), (1, 0, 2), (1, 2, 1), (2, 1, 2), (2, 0, 0), (0, 2, 0)], True),
        ([(0, 1, 1), (1, 0, 2), (1, 2, 5), (2, 1, 6)], False),  # back and forth alone
        ([(0, 1, 3), (1, 2, np.nan), (2, 0, 1)], True),  # a link without a date cannot be ruled out
    ],
)
def test_a_circle_flows_where_times_never_decrease_along_it(rows: list[tuple[int, int, float]], flows: bool) -> None:
    assert flows_in_time(links(*rows)) is flows
