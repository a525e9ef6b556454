"""The types of events: what each says, as closed models. An event is known again by its id.

Times are seconds since 1970. Amounts are in the currency of the installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from service.closed import Closed, IsNumber, Whole

LONGEST_ID: Final = 1_024  # bytes: no index of a store takes keys of any length


def _checked_id(id: str) -> str:
    if len(id.encode()) > LONGEST_ID or "\0" in id or not id.strip():
        raise ValueError(f"an id has 1 to {LONGEST_ID:,} bytes, not all of them blank, and no byte 0")
    return id


Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID), AfterValidator(_checked_id)]
Number = Annotated[float, Field(allow_inf_nan=False), IsNumber]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False), IsNumber]
Time = Annotated[float, Field(ge=-6e10, le=3e11, allow_inf_nan=False), IsNumber]
Context = Literal["online", "offline"]
PartyKind = Literal["Person", "Merchant", "Company"]


class _Event(Closed):
    id: Id = Field(description="Names the event for ever, among those of its sender.")
    time: Time = Field(description="When it happened, seconds since 1970.")


class OrderPlaced(_Event):
    """A party orders from a merchant."""

    type: Literal["order_placed"]
    order: Id
    party: Id
    merchant: Id
    amount: Amount | None = None
    context: Context | None = None


class OrderFulfilled(_Event):
    """An order was delivered and paid: a good outcome of the party."""

    type: Literal["order_fulfilled"]
    order: Id
    party: Id
    amount: Amount | None = None


class OrderLate(_Event):
    """An order is not paid in time. It is no default."""

    type: Literal["order_late"]
    order: Id
    party: Id
    days_late: Annotated[Whole, Field(ge=0, le=100_000)] | None = None
    amount: Amount | None = None


class OrderRefused(_Event):
    """A merchant refused an order. It says nothing bad of the party, and is kept as an event alone."""

    type: Literal["order_refused"]
    order: Id
    party: Id


class OrderCured(_Event):
    """A late order was paid after all."""

    type: Literal["order_cured"]
    order: Id
    party: Id


class OrderCancelled(_Event):
    """An order was taken back before it was fulfilled."""

    type: Literal["order_cancelled"]
    order: Id
    party: Id
    merchant: Id


class Payment(_Event):
    """One party or account pays another."""

    type: Literal["payment"]
    payer: Id
    payee: Id
    amount: Amount | None = None
    context: Context | None = None


class CreditLineOpened(_Event):
    """A lender lets a party owe it up to a limit."""

    type: Literal["credit_line_opened"]
    line: Id
    party: Id
    lender: Id
    limit: Amount


class CreditLimitChanged(_Event):
    """The limit of a credit line is another from now on."""

    type: Literal["credit_limit_changed"]
    line: Id
    party: Id
    lender: Id
    limit: Amount


class CreditLineClosed(_Event):
    """Nothing more can be drawn on a credit line; what is owed on it stays owed."""

    type: Literal["credit_line_closed"]
    line: Id
    party: Id
    lender: Id


class Draw(_Event):
    """A party draws on a credit line."""

    type: Literal["draw"]
    line: Id
    party: Id
    lender: Id
    amount: Amount


class DaysPastDue(_Event):
    """How many days what is due on a credit line is late; 0: it is paid. Sent when it changes, 0 only after others."""

    type: Literal["days_past_due"]
    line: Id
    party: Id
    lender: Id
    days: Annotated[Whole, Field(ge=0, le=100_000)]
    amount: Amount | None = Field(None, description="What is past due.")


class Repayment(_Event):
    """A party pays back a part of what it owes on a credit line."""

    type: Literal["repayment"]
    line: Id
    party: Id
    lender: Id
    amount: Amount | None = None


class Call(_Event):
    """One party or phone calls another."""

    type: Literal["call"]
    caller: Id
    callee: Id
    seconds: Amount | None = None


class FriendshipMade(_Event):
    """Two parties are friends from now on."""

    type: Literal["friendship_made"]
    a: Id
    b: Id
    context: Context | None = None


class FriendshipEnded(_Event):
    """Two parties are no friends any more."""

    type: Literal["friendship_ended"]
    a: Id
    b: Id


class GuaranteeMade(_Event):
    """A party guarantees for another."""

    type: Literal["guarantee_made"]
    guarantee: Id
    guarantor: Id
    debtor: Id
    amount: Amount | None = None


class GuaranteeEnded(_Event):
    """A guarantee ended."""

    type: Literal["guarantee_ended"]
    guarantee: Id
    guarantor: Id
    debtor: Id


class Rating(_Event):
    """A party rates another: from -1, no trust at all, to 1."""

    type: Literal["rating"]
    rater: Id
    rated: Id
    value: Annotated[float, Field(ge=-1, le=1), IsNumber]


class IdentityCheck(_Event):
    """The identity of a party was checked or, with `identifier`, that the party holds an account or uses a phone."""

    type: Literal["identity_check"]
    party: Id
    passed: bool
    level: Literal["declared", "document", "bank", "in_person"] | None = Field(
        None, description="How it was checked: the identity assurance of the party from now on, where it passed."
    )
    identifier: Id | None = Field(
        None,
        description="Which account or phone was checked to be the party's; `level` then says how.",
    )

    @model_validator(mode="after")
    def _says_how(self) -> Self:
        if self.identifier is not None and self.passed and self.level is None:
            raise ValueError("say by `level` how it was checked that the party holds the identifier")
        return self


class IdentifierShared(_Event):
    """A party uses a phone, a device, an address or an account."""

    type: Literal["identifier"]
    party: Id
    kind: Literal["Phone", "Device", "Address", "Account"]
    identifier: Id


class PartyDescribed(_Event):
    """A party, and what is known of it. An attribute that is null is forgotten; those not named stay."""

    type: Literal["party"]
    party: Id
    kind: PartyKind | None = Field(None, description="By default what it is already, or a Person.")
    name: Annotated[str, Field(max_length=LONGEST_ID)] | None = None
    attributes: dict[
        Annotated[str, Field(min_length=1, max_length=200)],
        Number | Annotated[str, Field(max_length=LONGEST_ID)] | None,
    ] = Field(default_factory=dict, max_length=200)


class OutcomeOpened(_Event):
    """What became of a party."""

    type: Literal["outcome_opened"]
    party: Id
    outcome: Literal["good", "default", "late", "fraud"]
    days_late: Annotated[Whole, Field(ge=0, le=100_000)] | None = None
    amount: Amount | None = None


class OutcomeCorrected(_Event):
    """An outcome was wrong: it counts no more. `of` is the event that opened it."""

    type: Literal["outcome_corrected"]
    of: Id


class OutcomeCured(_Event):
    """A party has put right what it owed. With `of`, the event of that outcome, this is closed too."""

    type: Literal["outcome_cured"]
    party: Id
    of: Id | None = None


class Retraction(_Event):
    """An earlier event did not happen: the links and outcomes that came of it go."""

    type: Literal["retraction"]
    of: Id


Event = Annotated[
    OrderPlaced | OrderFulfilled | OrderLate | OrderRefused | OrderCured | OrderCancelled
    | Payment | Repayment | CreditLineOpened | CreditLimitChanged | CreditLineClosed | Draw | DaysPastDue
    | Call | FriendshipMade | FriendshipEnded | GuaranteeMade | GuaranteeEnded
    | Rating | IdentityCheck | IdentifierShared | PartyDescribed
    | OutcomeOpened | OutcomeCorrected | OutcomeCured | Retraction,
    Field(discriminator="type"),
]  # fmt: skip

# Fields that came after events had been recorded: left out, they are not in what an event says.
ADDED: Final[Mapping[str, tuple[str, ...]]] = {"identity_check": ("level", "identifier")}
EVENT: Final[TypeAdapter[Any]] = TypeAdapter(Event)
