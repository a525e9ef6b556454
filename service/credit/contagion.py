"""How defaults spread over a book: by calls on guarantors, round after round, and by the scores of those who are tied.

A debtor that defaults is called for: each of its guarantors for the amount of its guarantee, all together for no more
than is exposed to the debtor, in proportion. A guarantor that is called for more than its capacity defaults too, and
its own guarantors are called in the next round, until nobody else defaults. Source: the sequential algorithm of
C. Furfine, Interbank exposures: quantifying the risk of contagion, J. Money, Credit and Banking 35 (2003).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import Field

from graph.errors import DoesNotFit, UsageError
from graph.purposes import Purpose
from graph.snapshots.snapshot import Snapshot
from service.answers.objecting import NO_OTHERS, Others, by_row, own_scenario
from service.answers.provenance import Provenance, provenance
from service.closed import Closed
from service.context import ServingContext
from service.credit.book import LineAnswer, Money, Shares, exposure, line_answer, probabilities
from service.credit.lines import CreditLine

GUARANTEE: Final = "GUARANTEES"
MOST_RESCORED: Final = 10_000  # parties within two hops of those that default


class CalledGuarantor(Closed):
    """A guarantor that is called. capacity: None where the attribute is not known of it, and it pays then.

    pays: what of `called` it can pay. failed: whether it is called for more than that.
    """

    guarantor: str
    called: Money
    capacity: float | None
    pays: Money
    failed: bool


class ChangedLine(Closed):
    """A line whose expected loss is another after the defaults. probability: of its party, before and after."""

    line: LineAnswer
    probability_after: float | None
    expected_loss_after: float | None


class ContagionAnswer(Provenance):
    """What defaults do to a book.

    rounds: who defaults in each, the supposed ones first. called: every guarantor that is called, the largest claims
    first. exposure: to all who default; recovered: what their guarantors pay of it; loss: what is lost of the rest.
    expected_loss, expected_loss_after: of the lines of all others, before and after; `lines` are those it moves most.
    left_out: parties within two hops whose scores were not looked at again, since they were too many.
    """

    rounds: tuple[tuple[str, ...], ...]
    called: tuple[CalledGuarantor, ...]
    exposure: Money
    recovered: Money
    loss: Money
    expected_loss: Money
    expected_loss_after: Money
    lines: tuple[ChangedLine, ...] = Field(description="Of others than those who default.")
    left_out: int


@dataclass(frozen=True)
class Called:
    """Claims on guarantors by row, of those who default, and in which rounds these do."""

    rounds: tuple[tuple[int, ...], ...]
    claims: Mapping[int, float]

    @property
    def failed(self) -> list[int]:
        """All who default, ascending."""
        return sorted(row for rows in self.rounds for row in rows)


def called_guarantors(
    snapshot: Snapshot, exposures: Mapping[int, float], capacity: Mapping[int, float], first: Sequence[int]
) -> Called:
    """The calls on guarantors after the defaults of `first`, and who defaults by them.

    exposures: by row, of what is lent. capacity: by row, what a party can pay; those without one never fail.
    """
    rounds, failed, claims = [tuple(sorted(set(first)))], set(first), dict[int, float]()
    while rounds[-1]:
        for debtor in rounds[-1]:
            for guarantor, amount in _calls(snapshot, debtor, exposures.get(debtor)):
                claims[guarantor] = claims.get(guarantor, 0.0) + amount
        broken = {row for row, claim in claims.items() if claim > capacity.get(row, math.inf)}
        rounds.append(tuple(sorted(broken - failed)))
        failed |= broken
    return Called(tuple(rounds[:-1]), claims)


def contagion(
    context: ServingContext,
    lines: Sequence[CreditLine],
    defaults: Sequence[str],
    purpose: Purpose,
    shares: Shares,
    capacity: str | None,
    most: int,
    others: Others = NO_OTHERS,
) -> ContagionAnswer:
    """What the defaults of some parties do to a book.

    capacity: the attribute, a number, of what a party can pay; without one no guarantor fails.
    others: the purposes of parties that objected.

    Raises:
        UnknownParty: an id is not in the network.
        UsageError: nobody defaults.
        DoesNotFit: no party has such an attribute.
        AccessError: the purpose discloses only yes or no.
    """
    if not defaults:
        raise UsageError("name at least one party that defaults")
    snapshot = context.snapshot
    before = probabilities(context, [line.party for line in lines], purpose, others)
    exposures: dict[int, float] = {}
    for line in lines:
        if (row := snapshot.find(line.party)) is not None:
            exposures[row] = exposures.get(row, 0.0) + exposure(line, shares)
    can_pay = {} if capacity is None else _capacities(snapshot, capacity)
    first: list[int] = snapshot.rows_of(sorted(set(defaults))).tolist()
    called = called_guarantors(snapshot, exposures, can_pay, first)
    failed = called.failed
    found = own_scenario(context, failed, purpose, by_row(snapshot, others), MOST_RESCORED)
    after = dict(zip(found.rows.tolist(), found.after.tolist(), strict=True))
    gone = set(failed)
    left = [line for line in lines if snapshot.find(line.party) not in gone]
    moved = [_moved(snapshot, line, before.get(line.party), after, shares) for line in left]
    guarantors = [_guarantor(snapshot, row, claim, can_pay.get(row)) for row, claim in called.claims.items()]
    largest = sorted((one for one in moved if _rise(one)), key=lambda one: (-abs(_rise(one)), one.line.line))
    exposed = sum(exposures.get(row, 0.0) for row in failed)
    recovered = min(sum(one.pays for one in guarantors), exposed)
    return ContagionAnswer(
        rounds=tuple(tuple(snapshot.id_of(row) for row in rows) for rows in called.rounds),
        called=tuple(sorted(guarantors, key=lambda one: (-one.called, one.guarantor))),
        exposure=exposed,
        recovered=recovered,
        loss=shares.loss * (exposed - recovered),
        expected_loss=sum(one.line.expected_loss or 0.0 for one in moved),
        expected_loss_after=sum(one.expected_loss_after or 0.0 for one in moved),
        lines=tuple(largest[:most]),
        left_out=found.left_out,
        **provenance(context, purpose),
    )


def _calls(snapshot: Snapshot, debtor: int, exposed: float | None) -> list[tuple[int, float]]:
    """Who is called when a debtor defaults, and for how much: guarantees without an amount are for all that is lent."""
    if not exposed or GUARANTEE not in snapshot.kinds:
        return []
    links = snapshot.links(GUARANTEE)
    reaching = links.reaching(np.array([debtor], np.int64))
    amounts: dict[int, float] = {}
    for guarantor, amount in zip(reaching.party.tolist(), links.values("amount", reaching).tolist(), strict=True):
        amounts[guarantor] = amounts.get(guarantor, 0.0) + (exposed if math.isnan(amount) else amount)
    amounts.pop(debtor, None)
    share = min(1.0, exposed / total) if (total := sum(amounts.values())) > 0 else 0.0
    return [(guarantor, amount * share) for guarantor, amount in sorted(amounts.items())]


def _capacities(snapshot: Snapshot, attribute: str) -> dict[int, float]:
    """What each party can pay by an attribute. Raises DoesNotFit where it is no number of any party."""
    column = snapshot.numeric.get(attribute)
    if column is None:
        known = ", ".join(sorted(snapshot.numeric)) or "none"
        raise DoesNotFit(f"no party has a number called {attribute!r}; there are {known}")
    return {row: float(value) for row, value in enumerate(column) if not math.isnan(value)}


def _guarantor(snapshot: Snapshot, row: int, claim: float, capacity: float | None) -> CalledGuarantor:
    pays = claim if capacity is None else min(claim, max(capacity, 0.0))
    return CalledGuarantor(
        guarantor=snapshot.id_of(row), called=claim, capacity=capacity, pays=pays, failed=pays < claim
    )


def _moved(
    snapshot: Snapshot, line: CreditLine, before: float | None, after: Mapping[int, float], shares: Shares
) -> ChangedLine:
    row = snapshot.find(line.party)
    becomes = before if row is None else after.get(row, before)
    becomes = None if becomes is None or math.isnan(becomes) else becomes
    then = line_answer(line, becomes, shares)
    return ChangedLine(
        line=line_answer(line, before, shares),
        probability_after=then.probability,
        expected_loss_after=then.expected_loss,
    )


def _rise(one: ChangedLine) -> float:
    """By how much more is expected to be lost."""
    return (one.expected_loss_after or 0.0) - (one.line.expected_loss or 0.0)
