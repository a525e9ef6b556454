"""Legal profiles: which clocks run, what may prolong or stop them, and the source of each. Counsel confirms them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from graph.errors import UsageError
from service.rights.legal.business_days import Calendar, Period, calendar_named
from service.settings import Settings

DEFAULT_PROFILE: Final = "strict"
# The clocks that there may be; every profile has that of an investigation. Where there is none for the result, it is to
# be told before the investigation's ends, and where there is none for the furnisher's answer, it has as long as that.
CLOCKS: Final = (
    "acknowledgement", "investigation", "extension", "furnisher_notice", "furnisher_answer", "result_notice",
    "frivolous_notice", "reinsertion_notice", "identity_theft_block", "access", "adverse_action_notice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of a law: how long, from what on and by which source. when: where it runs only then."""

    name: str
    period: Period
    source: str
    when: str | None


@dataclass(frozen=True, slots=True)
class LegalProfile:
    """What a place's law asks for. people: what no software does.

    pause: when the clock of an investigation may stand still, None: never. statement_words: how long a statement of
    the party may be, None: as long as it likes. free_reports: own reports a year without a fee, None: all.
    notices_kept: how long a notice is kept.
    """

    name: str
    about: str
    calendar: Calendar
    clocks: Mapping[str, Clock]
    pause: str | None
    statement_words: int | None
    free_reports: int | None
    notices_kept: Period
    sources: tuple[str, ...]
    people: tuple[str, ...]

    def due(self, clock: str, start: float) -> float | None:
        """When a clock that started then ends, in seconds since 1970; None where the profile has none."""
        found = self.clocks.get(clock)
        return None if found is None else self.calendar.after(start, found.period)

    def worded(self, statement: str) -> str:
        """The text of a statement. Raises UsageError for one that says nothing, or is longer than the profile takes."""
        if not statement.strip():
            raise UsageError("a statement says something")
        if self.statement_words is not None and len(statement.split()) > self.statement_words:
            raise UsageError(f"a statement has at most {self.statement_words} words under the profile {self.name}")
        return statement


@cache
def legal_profiles() -> Mapping[str, LegalProfile]:
    """The profiles by name, sorted."""
    found = sorted((files("service.rights.legal") / "law").iterdir(), key=lambda file: file.name)
    named = {file.name.removesuffix(".toml"): file for file in found if file.name.endswith(".toml")}
    return MappingProxyType({name: _profile(name, tomllib.loads(f.read_text("utf-8"))) for name, f in named.items()})


def law_of(settings: Settings) -> LegalProfile:
    """The profile of an installation, with more free reports where it gives more than the law asks for."""
    profile, more = legal_profile(settings.legal_profile), settings.free_reports
    if profile.free_reports is None or more is None:
        return profile
    return replace(profile, free_reports=max(profile.free_reports, more))


def legal_profile(name: str) -> LegalProfile:
    """The profile of this name. Raises UsageError listing the names."""
    try:
        return legal_profiles()[name]
    except KeyError:
        raise UsageError(f"no legal profile is called {name!r}; there are {', '.join(legal_profiles())}") from None


def _profile(name: str, content: Mapping[str, Any]) -> LegalProfile:
    unknown = sorted(set(content["clocks"]) - set(CLOCKS))
    if unknown or "investigation" not in content["clocks"]:
        raise UsageError(f"legal profile {name}: its clocks are {', '.join(CLOCKS)}, not {', '.join(unknown)}")
    clocks = {
        clock: Clock(clock, Period.of_text(said["period"]), said["source"], said.get("when"))
        for clock, said in content["clocks"].items()
    }
    return LegalProfile(
        name=name,
        about=content["about"],
        calendar=calendar_named(content["calendar"]),
        clocks=MappingProxyType(clocks),
        pause=content.get("pause"),
        statement_words=content.get("statement_words"),
        free_reports=content.get("free_reports"),
        notices_kept=Period.of_text(content["notices_kept"]),
        sources=tuple(content["sources"]),
        people=tuple(content["people"]),
    )
