"""A book of credit lines: exposure at default and expected loss of each, by the scores of those who owe.

Exposure at default is what is drawn and a share of what is not (credit conversion factor); expected loss is probability
of default x loss given default x exposure. Both shares are the asker's; the defaults are those of the Basel framework
for corporates: 40 % of a commitment (CRE 20.94), 40 % of an unsecured senior claim (CRE 32.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from graph.errors import AccessError
from graph.purposes import Purpose
from service.answers.objecting import NO_OTHERS, Others, by_row, own_scores_of_rows
from service.answers.provenance import Provenance, provenance
from service.answers.scores import Probability
from service.closed import Closed
from service.context import ServingContext
from service.credit.lines import CreditLine
from service.events.facts import DEFAULT_DAYS

CONVERSION: Final = 0.4
LOSS_GIVEN_DEFAULT: Final = 0.4
Money = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Shares:
    """conversion: of what is not drawn, the share that is by the time of a default. loss: share of an exposure lost."""

    conversion: float = CONVERSION
    loss: float = LOSS_GIVEN_DEFAULT


class LineAnswer(Closed):
    """A credit line, what is exposed on it and expected to be lost on it over the model's horizon.

    probability: that the party defaults; 1 from 90 days past due on; None where nobody can say, and the loss then too.
    """

    source: str
    line: str
    party: str
    lender: str
    limit: float | None
    drawn: Money
    days_past_due: int
    past_due_amount: float | None
    closed: float | None
    exposure: Money
    probability: Probability | None
    expected_loss: float | None


class BookAnswer(Provenance):
    """Credit lines with the largest expected losses first, and the sums over all of them.

    unassessed: exposure of parties without a probability, of which no loss is expected in the sum. `lines` holds the
    first of all `count`.
    """

    count: int
    limit: Money
    drawn: Money
    exposure: Money
    expected_loss: Money
    unassessed: Money
    conversion: float
    loss_given_default: float
    lines: tuple[LineAnswer, ...]


def exposure(line: CreditLine, shares: Shares) -> float:
    """The exposure at default of a line: drawn + conversion x undrawn."""
    return line.drawn + shares.conversion * line.undrawn


def probabilities(
    context: ServingContext, parties: Sequence[str], purpose: Purpose, others: Others = NO_OTHERS
) -> dict[str, float]:
    """The probability of default of each party that is told one. Raises AccessError where the purpose tells none.

    others: the purposes of parties that objected.
    """
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask with another")
    if not context.can_score:
        return {}
    rows = {party: row for party in set(parties) if (row := context.snapshot.find(party)) is not None}
    ordered = sorted(set(rows.values()))
    assessed = own_scores_of_rows(context, ordered, purpose, by_row(context.snapshot, others))
    known = {row: one.probability for row, one in zip(ordered, assessed, strict=True)}
    return {party: found for party, row in rows.items() if (found := known[row]) is not None}


def line_answer(line: CreditLine, probability: float | None, shares: Shares) -> LineAnswer:
    """A line with its exposure and its expected loss."""
    at_default = exposure(line, shares)
    sure = 1.0 if line.days_past_due >= DEFAULT_DAYS else probability
    return LineAnswer(
        source=line.source,
        line=line.line,
        party=line.party,
        lender=line.lender,
        limit=line.limit,
        drawn=line.drawn,
        days_past_due=line.days_past_due,
        past_due_amount=line.past_due_amount,
        closed=line.closed,
        exposure=at_default,
        probability=sure,
        expected_loss=None if sure is None else sure * shares.loss * at_default,
    )


def book(
    context: ServingContext,
    lines: Sequence[CreditLine],
    purpose: Purpose,
    shares: Shares,
    most: int,
    others: Others = NO_OTHERS,
) -> BookAnswer:
    """The book of some lines. Without a model nothing is expected to be lost but on lines in default.

    others: the purposes of parties that objected; of one that is withheld nobody can say what is expected to be lost.
    """
    known = probabilities(context, [line.party for line in lines], purpose, others)
    answers = [line_answer(line, known.get(line.party), shares) for line in lines]
    ordered = sorted(answers, key=lambda one: (-(one.expected_loss or 0.0), -one.exposure, one.source, one.line))
    return BookAnswer(
        count=len(lines),
        limit=sum(line.limit or 0.0 for line in lines),
        drawn=sum(line.drawn for line in lines),
        exposure=sum(one.exposure for one in answers),
        expected_loss=sum(one.expected_loss or 0.0 for one in answers),
        unassessed=sum(one.exposure for one in answers if one.expected_loss is None),
        conversion=shares.conversion,
        loss_given_default=shares.loss,
        lines=tuple(ordered[:most]),
        **provenance(context, purpose),
    )
