"""Layouts, cases, alerts, views and reports."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from api.schemas.common import Cursor, FreshQuery, FreshRequest, Id, Purpose
from service.casework.alert_changes import AlertState
from service.casework.changes import AlertId, PersonName, Title
from service.casework.content import CaseState, OverrideLevel
from service.casework.findings import AlertKind
from service.closed import Closed, IsNumber
from service.wording.reasons import Language

MOST_DRAWN: Final = 1_000
LONGEST_STATE: Final = 500_000  # characters of a view
FARTHEST: Final = 1e9  # of a coordinate
Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False), IsNumber]
Parties = Annotated[list[Id], Field(max_length=MOST_DRAWN)]
KindNames = Annotated[list[Id], Field(max_length=MOST_DRAWN)]


class LayoutRequest(FreshRequest):
    """What is to be drawn, and where it was drawn before."""

    parties: Annotated[list[Id], Field(min_length=1, max_length=MOST_DRAWN)] = Field(description="Ids that are drawn.")
    positions: dict[str, tuple[Coordinate, Coordinate]] = Field(
        {}, max_length=MOST_DRAWN, description="Positions of those drawn before; none at all: a whole new layout."
    )
    changed: Parties = Field([], description="Whose surroundings changed; new parties count too.")
    held: bool = Field(False, strict=True, description="Nobody who has a position moves, however near the change.")
    kinds: KindNames | None = Field(None, description="Only links of these kinds tie parties.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1), IsNumber] = Field(
        0, description="Another seed, another whole layout."
    )


class NewCase(Closed):
    """A case to open."""

    title: Title = Field(description="What the case is called.")
    parties: Parties = Field([], description="Ids of the parties that it is about.")
    alerts: list[AlertId] = Field([], max_length=MOST_DRAWN, description="Alerts that led to it.")
    assignee: PersonName | None = Field(None, description="A person's name, or `me`.")


class CaseListQuery(FreshQuery):
    """Which cases to list."""

    state: CaseState | None = None
    assignee: PersonName | None = Field(None, description="A person's name, or `me`.")
    party: Id | None = Field(None, description="Only cases that this party is in.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None


class CaseLookupRequest(FreshRequest):
    """Whose cases to look up."""

    parties: Annotated[list[Id], Field(min_length=1, max_length=MOST_DRAWN)] = Field(description="Ids of parties.")


class AlertListQuery(FreshQuery):
    """Which alerts to list."""

    state: AlertState | None = Field(None, description="By default those that are new or taken.")
    kind: AlertKind | None = None
    level: OverrideLevel | None = None
    assignee: PersonName | None = Field(None, description="A person's name, or `me`.")
    party: Id | None = Field(None, description="Only alerts about this party.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None
    language: Language = Field("en", description="Of texts.")


class AlertReadQuery(FreshQuery):
    """How an alert is read."""

    language: Language = Field("en", description="Of texts.")


class NewView(Closed):
    """What a page shows."""

    state: Annotated[str, Field(min_length=1, max_length=LONGEST_STATE)] = Field(description="The page's own JSON.")
    parties: Parties = Field([])
    kinds: KindNames = Field([])


class CaseReportQuery(FreshQuery):
    """How a case report is asked for."""

    purpose: Purpose = None
    names: Literal["shown", "hidden"] = Field("shown", description="hidden: parties stand in it by their ids alone.")
    language: Language = Field("en", description="Of texts.")
