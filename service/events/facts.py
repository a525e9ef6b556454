"""The facts that an event states: parties that it names, a link, an outcome, attributes.

A link that happened once has the id of its event as its key; what can end has a key of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from graph.purposes import ASSURANCES
from graph.schema import Outcome, Party, Relationship
from service.events import types
from service.stated.assurance import ASSURANCE, ASSURED
from service.stated.holdings import Checks

FRIENDSHIP: Final = "friendship"  # the key of the one friendship between two parties of a source
IDENTITY_CHECK: Final = "identity check"  # the attribute
USES: Final[Mapping[str, str]] = {
    "Phone": "USES_PHONE", "Device": "USES_DEVICE", "Address": "LIVES_AT", "Account": "HOLDS_ACCOUNT",
}  # fmt: skip

# Days past due from which a party counts as defaulted. Source: Basel framework, CRE 36.69.
DEFAULT_DAYS: Final = 90
PERSON: Final = "Person"
AS_IT_IS: Final = ""  # the kind of a party of which an event does not say it
LinkKey = tuple[str, str, str, str]  # source, target, kind, key


@dataclass(frozen=True, slots=True)
class Stated:
    """What one event states. parties: kinds of those it names by id, for those that are known nowhere yet.

    described: the attributes and the name of a party, of which those not named stay. held: the holdings of the party
    that were checked. ended: keys of links that end.
    """

    parties: Mapping[str, str] = field(default_factory=dict)
    described: Party | None = None
    held: Checks = field(default_factory=dict)
    links: tuple[Relationship, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    ended: tuple[LinkKey, ...] = ()


def facts_of(event: Any) -> Stated:
    """What an event states by itself: corrections and retractions state nothing without the event they are of."""
    stated: Stated = _STATES[type(event)](event)
    return stated


def key_of(link: Relationship) -> LinkKey:
    """The key of a link."""
    return link.source, link.target, link.kind, link.key


def closed(outcome: Outcome, at: float) -> Outcome:
    """The outcome, closed."""
    return replace(outcome, closed=at)


def corrected(outcome: Outcome) -> Outcome:
    """The outcome, as one that was wrong."""
    return replace(outcome, state="corrected")


def _link(source: str, target: str, kind: str, event: Any, **more: Any) -> Relationship:
    values = {"key": event.id, "first": event.time, "last": event.time} | more
    return Relationship(source, target, kind, **values)


def _order_placed(event: types.OrderPlaced) -> Stated:
    link = _link(
        event.party, event.merchant, "ORDERS_FROM", event, key=event.order, amount=event.amount, context=event.context
    )
    return Stated({event.party: PERSON, event.merchant: "Merchant"}, links=(link,))


def _order_cancelled(event: types.OrderCancelled) -> Stated:
    return Stated(ended=((event.party, event.merchant, "ORDERS_FROM", event.order),))


def _order_fulfilled(event: types.OrderFulfilled) -> Stated:
    return _outcome(event, "good", amount=event.amount)


def _order_late(event: types.OrderLate) -> Stated:
    return _outcome(event, "late", days_late=event.days_late, amount=event.amount)


def _order_cured(event: types.OrderCured) -> Stated:
    return _outcome(event, "cured")


def _outcome_opened(event: types.OutcomeOpened) -> Stated:
    return _outcome(event, event.outcome, days_late=event.days_late, amount=event.amount)


def _outcome_cured(event: types.OutcomeCured) -> Stated:
    return _outcome(event, "cured")


def _outcome(event: Any, name: str, **more: Any) -> Stated:
    return Stated({event.party: PERSON}, outcomes=(Outcome(event.party, name, event.id, event.time, **more),))


def _payment(event: types.Payment) -> Stated:
    link = _link(event.payer, event.payee, "PAYS", event, amount=event.amount, context=event.context)
    return Stated({event.payer: PERSON, event.payee: PERSON}, links=(link,))


def _repayment(event: types.Repayment) -> Stated:
    link = _link(event.party, event.lender, "PAYS", event, amount=event.amount)
    return Stated({event.party: PERSON, event.lender: "Company"}, links=(link,))


def _credit_line_opened(event: types.CreditLineOpened) -> Stated:
    link = Relationship(event.lender, event.party, "LENDS_TO", event.line, first=event.time, amount=event.limit)
    return Stated({event.party: PERSON, event.lender: "Company"}, links=(link,))


def _credit_line_closed(event: types.CreditLineClosed) -> Stated:
    return Stated(ended=((event.lender, event.party, "LENDS_TO", event.line),))


def _days_past_due(event: types.DaysPastDue) -> Stated:
    if event.days == 0:
        return _outcome(event, "cured")
    name = "default" if event.days >= DEFAULT_DAYS else "late"
    return _outcome(event, name, days_late=event.days, amount=event.amount)


def _call(event: types.Call) -> Stated:
    link = _link(event.caller, event.callee, "CALLS", event)
    return Stated({event.caller: PERSON, event.callee: PERSON}, links=(link,))


def _friendship(a: str, b: str) -> LinkKey:
    first, second = sorted((a, b), key=str.encode)
    return first, second, "FRIEND_OF", FRIENDSHIP


def _friendship_made(event: types.FriendshipMade) -> Stated:
    source, target, kind, key = _friendship(event.a, event.b)
    link = Relationship(source, target, kind, key, first=event.time, context=event.context)
    return Stated({event.a: PERSON, event.b: PERSON}, links=(link,))


def _friendship_ended(event: types.FriendshipEnded) -> Stated:
    return Stated(ended=(_friendship(event.a, event.b),))


def _guarantee_made(event: types.GuaranteeMade) -> Stated:
    link = Relationship(
        event.guarantor, event.debtor, "GUARANTEES", event.guarantee, first=event.time, amount=event.amount
    )
    return Stated({event.guarantor: PERSON, event.debtor: PERSON}, links=(link,))


def _guarantee_ended(event: types.GuaranteeEnded) -> Stated:
    return Stated(ended=((event.guarantor, event.debtor, "GUARANTEES", event.guarantee),))


def _rating(event: types.Rating) -> Stated:
    link = _link(event.rater, event.rated, "RATES", event, weight=event.value)
    return Stated({event.rater: PERSON, event.rated: PERSON}, links=(link,))


def _identifier(event: types.IdentifierShared) -> Stated:
    link = Relationship(event.party, event.identifier, USES[event.kind], event.id, first=event.time)
    return Stated({event.party: PERSON, event.identifier: event.kind}, links=(link,))


def _identity_check(event: types.IdentityCheck) -> Stated:
    if event.identifier is not None:
        level = event.level if event.passed and event.level is not None else ASSURANCES[0]
        described = Party(event.party, AS_IT_IS)
        return Stated({event.party: PERSON}, described, {event.identifier: (level, event.time)})
    said: dict[str, float | str | None] = {IDENTITY_CHECK: "passed" if event.passed else "failed"}
    if not event.passed:
        said |= {ASSURANCE: "unknown", ASSURED: event.time}
    elif event.level is not None:
        said |= {ASSURANCE: event.level, ASSURED: event.time}
    return Stated({event.party: PERSON}, Party(event.party, AS_IT_IS, None, said))


def _party(event: types.PartyDescribed) -> Stated:
    described = Party(event.party, event.kind or AS_IT_IS, event.name, event.attributes)
    return Stated({event.party: event.kind or PERSON}, described)


def _nothing(_: Any) -> Stated:
    return Stated()


_STATES: Final[Mapping[type, Any]] = {
    types.OrderPlaced: _order_placed,
    types.OrderFulfilled: _order_fulfilled,
    types.OrderLate: _order_late,
    types.OrderRefused: _nothing,
    types.OrderCured: _order_cured,
    types.OrderCancelled: _order_cancelled,
    types.Payment: _payment,
    types.Repayment: _repayment,
    types.CreditLineOpened: _credit_line_opened,
    types.CreditLimitChanged: _nothing,
    types.CreditLineClosed: _credit_line_closed,
    types.Draw: _nothing,
    types.DaysPastDue: _days_past_due,
    types.Call: _call,
    types.FriendshipMade: _friendship_made,
    types.FriendshipEnded: _friendship_ended,
    types.GuaranteeMade: _guarantee_made,
    types.GuaranteeEnded: _guarantee_ended,
    types.Rating: _rating,
    types.IdentityCheck: _identity_check,
    types.IdentifierShared: _identifier,
    types.PartyDescribed: _party,
    types.OutcomeOpened: _outcome_opened,
    types.OutcomeCorrected: _nothing,
    types.OutcomeCured: _outcome_cured,
    types.Retraction: _nothing,
}
