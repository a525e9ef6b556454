"""An applicant as a question describes it: what it is, its attributes, its links to parties here, its identifiers."""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from service.answers.canonical import canonical_bytes, sha256
from service.closed import Closed, IsNumber

LONGEST: Final = 1_024  # characters of an id or a text
MOST: Final = 1_000  # attributes, links or identifiers of one applicant
SHOWN: Final = 16  # hex digits of the digest by which an applicant without an id is called

Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Time = Annotated[float, Field(ge=-6e10, le=3e11, allow_inf_nan=False), IsNumber]
Number = Annotated[float, Field(allow_inf_nan=False), IsNumber]
Count = Annotated[int, Field(ge=0, le=2**53 - 1), IsNumber]
Value = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | Annotated[StrictStr, Field(max_length=LONGEST)]


class ApplicantLink(Closed):
    """A link of an applicant with a party of the network. first, last: seconds since 1970."""

    kind: Text = Field(description="The kind of relationship, such as FRIEND_OF; `kith kinds` lists them.")
    other: Text = Field(description="Id of the party at the other end.")
    direction: Literal["out", "in"] = Field("out", description="From the applicant to the other party, or to it.")
    weight: Number | None = Field(None, description="Of statements of trust and ratings, -1 to 1.")
    first: Time | None = Field(None, description="When it began, seconds since 1970.")
    last: Time | None = Field(None, description="When it last happened, seconds since 1970.")
    count: Annotated[int, Field(ge=0, le=2**53 - 1), IsNumber] | None = Field(
        None, description="How often; 1 by default."
    )
    amount: Number | None = Field(None, description="In the currency of the installation.")
    context: Literal["online", "offline"] | None = None


class ApplicantIdentifier(Closed):
    """A phone, device, address or account that an applicant uses, written as the network has it."""

    kind: Literal["Phone", "Device", "Address", "Account"]
    id: Text = Field(description="Its id, written as in the network.")


class Applicant(Closed):
    """A party that is not in the network."""

    id: Text | None = Field(None, description="What the answer calls it; by default a digest of all the rest.")
    kind: Text = Field("Person", description="Person, Merchant or Company, or another kind that the network has.")
    attributes: dict[Text, Value] = Field({}, max_length=MOST, description="Attributes by name; numbers or texts.")
    links: list[ApplicantLink] = Field([], max_length=MOST, description="Its links with parties of the network.")
    identifiers: list[ApplicantIdentifier] = Field(
        [], max_length=MOST, description="What it uses, perhaps with others."
    )

    def digest(self) -> str:
        """SHA-256, hex, of all that is said of it."""
        return sha256(canonical_bytes(self))

    @property
    def name(self) -> str:
        """What an answer calls it."""
        return self.id or f"applicant-{self.digest()[:SHOWN]}"

    def attributes_json(self) -> str:
        """Its attributes as the facts have them: canonical JSON."""
        values = {name: float(value) if isinstance(value, int) else value for name, value in self.attributes.items()}
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
