"""The columns of a file with what their names and their values say, and the part that each may play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loaders.suggesting.evidence import Evidence, evidence_of
from loaders.suggesting.sample import Sample
from loaders.suggesting.vocabulary import concepts

FEW: Final = 30  # different values of a column of kinds or states
HANDFUL: Final = 5  # different values that come more than so many times each are no ids
REFERENCES: Final = ("account", "phone", "device", "address", "internet", "firm_id", "person")
PARTY_KIND: Final = {
    "account": "Account", "phone": "Phone", "device": "Device", "address": "Address", "internet": "Address",
    "firm_id": "Company", "person": "Person",
}  # fmt: skip
SEEN_AT: Final = "SEEN_AT"  # a kind of its own: who was seen at an address of the internet does not live there
USES: Final = {
    "account": "HOLDS_ACCOUNT", "phone": "USES_PHONE", "device": "USES_DEVICE", "address": "LIVES_AT",
    "internet": SEEN_AT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what its values are, what its name means, and the part it plays (empty: none that is known).

    upper: whether its ids are those of another file but for capitals.
    """

    name: str
    evidence: Evidence
    means: frozenset[str]
    part: str
    upper: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether its values name parties."""
        return self.part in REFERENCES


@dataclass(frozen=True, slots=True)
class DescribedFile:
    """A sample with its columns."""

    sample: Sample
    columns: tuple[Column, ...]

    def of_part(self, *parts: str) -> list[Column]:
        """The columns that play one of these parts, in the order of the parts."""
        return [column for part in parts for column in self.columns if column.part == part]


def described(sample: Sample) -> DescribedFile:
    """The columns of a sample, each by itself; what they have in common with other files comes later."""
    columns = []
    for place, name in enumerate(sample.columns):
        evidence, means = evidence_of(sample.values(place)), concepts(name)
        columns.append(Column(name, evidence, means, _part(evidence, means)))
    return DescribedFile(sample, tuple(columns))


def _part(evidence: Evidence, means: frozenset[str]) -> str:
    """The part of a column: what its values show goes before what its name means."""
    form = evidence.form
    if form == "time":
        return next((part for part in ("until", "since") if part in means), "time")
    if form == "iban" or ("account" in means and not means & {"name", "amount"} and evidence.distinct > FEW):
        return "account"
    if form == "phone" and not means & {"id", "person", "amount"}:
        return "phone"
    if "phone" in means and form in {"number", "phone"}:
        return "phone"
    if form == "duration":
        return "duration"
    if form == "number" and "time" in means:
        return "time"
    if form in {"number", "percent"}:
        numeric = [part for part in ("share", "amount", "weight", "count", "duration", "status") if part in means]
        if "status" in numeric and evidence.distinct <= FEW:
            return "status"
        if numeric and numeric[0] != "status" and not means & {"person", "source", "target"}:
            return numeric[0]
        if form == "percent":
            return "share"
    for part in ("internet", "device", "address", "firm_id"):
        if part in means:
            return part
    for part in ("status", "kind", "currency"):
        if part in means and evidence.distinct <= FEW:
            return part
    if "contract" in means and form != "time" and (evidence.unique or "id" in means) and "person" not in means:
        return "contract"
    return _text_part(evidence, means)


def _text_part(evidence: Evidence, means: frozenset[str]) -> str:
    has_blanks = sum(" " in value for value in evidence.values) > len(evidence.values) / 3
    if means & {"firm", "name"} and not means & {"id"}:
        return "firm" if "firm" in means else "name"
    if means & {"person", "source", "target"} and has_blanks:
        return "name"
    if evidence.distinct <= HANDFUL and len(evidence.values) < evidence.known / HANDFUL:
        return ""  # yes or no, and no ids
    if means & {"person", "source", "target"} or ("id" in means and not has_blanks):
        return "person"
    return ""
