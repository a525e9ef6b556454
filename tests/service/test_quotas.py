"""Quotas: never more than they allow, however many processes ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from graph.errors import QuotaExceeded
from graph.purposes import PURPOSES
from service.records import keys
from service.records.keys import Key, Limits
from service.records.quotas import Quotas

NOON = 1_800_000_000.0 // 86_400 * 86_400 + 43_200


def key(records: Engine, per_minute: int | None = None, per_day: int | None = None) -> Key:
    return keys.create(records, PURPOSES, "service", limits=Limits(per_minute=per_minute, per_day=per_day))[1]


def let_in(quotas: Quotas, key: Key, now: float, asked: int) -> int:
    """How many of some requests at a time were let in."""
    count = 0
    for _ in range(asked):
        try:
            quotas.take(key, now)
            count += 1
        except QuotaExceeded:
            pass
    return count


def test_a_minute_and_a_day_are_counted_apart(records: Engine) -> None:
    quotas, shop = Quotas(records), key(records, per_minute=3, per_day=5)
    assert [let_in(quotas, shop, NOON + late, 9) for late in (0, 59, 60, 120, 86_400)] == [3, 0, 2, 0, 3]


def test_it_says_when_the_span_ends(records: Engine) -> None:
    quotas, shop = Quotas(records), key(records, per_minute=1)
    quotas.take(shop, NOON + 20)
    with pytest.raises(QuotaExceeded, match="1 requests a minute; ask again in 40 s") as refused:
        quotas.take(shop, NOON + 20)
    assert refused.value.seconds == 40


@pytest.mark.parametrize("quota", [1, 7, 50])
def test_processes_that_ask_at_once_get_exactly_a_small_quota(records: Engine, quota: int) -> None:
    shop = key(records, per_minute=quota)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: let_in(Quotas(records), shop, NOON, quota), range(4)))
    assert sum(counts) == quota


def test_the_first_requests_of_all_processes_are_counted_once_each(records: Engine) -> None:
    together = Barrier(4)

    def ask(shop: Key) -> int:
        quotas = Quotas(records)
        together.wait()
        return let_in(quotas, shop, NOON, 4)

    shops = [key(records, per_minute=4) for _ in range(30)]
    with ThreadPoolExecutor(4) as pool:
        assert [sum(pool.map(ask, [shop] * 4)) for shop in shops] == [4] * 30


def test_a_clock_that_is_behind_begins_no_span_again(records: Engine) -> None:
    shop, ahead, behind = key(records, per_minute=3), Quotas(records), Quotas(records)
    counts = [let_in(ahead, shop, NOON + 60, 2), let_in(behind, shop, NOON + 59, 9), let_in(ahead, shop, NOON + 61, 9)]
    assert counts == [2, 1, 0]


def test_a_clock_that_was_far_ahead_is_forgotten(records: Engine) -> None:
    shop, wrong, right = key(records, per_minute=3), Quotas(records), Quotas(records)
    assert [let_in(wrong, shop, NOON + 86_400, 9), let_in(right, shop, NOON, 9)] == [3, 3]


def test_a_large_quota_is_taken_in_shares_and_never_exceeded(records: Engine) -> None:
    shop = key(records, per_minute=1_000)
    one, other = Quotas(records), Quotas(records)
    assert let_in(one, shop, NOON, 5) == 5
    counts = let_in(other, shop, NOON, 2_000), let_in(one, shop, NOON, 2_000)
    assert counts == (990, 5)


def test_keys_have_quotas_of_their_own(records: Engine) -> None:
    quotas, one, other = Quotas(records), key(records, per_minute=1), key(records, per_minute=1)
    assert [let_in(quotas, each, NOON, 3) for each in (one, other)] == [1, 1]
