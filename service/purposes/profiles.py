"""Locked profiles: bounds that come with Kith and that no purpose which names one may loosen."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from graph.errors import UsageError
from graph.purposes import Purpose
from graph.schema import CATEGORIES


@dataclass(frozen=True, slots=True)
class Profile:
    """What every purpose that names this profile has to keep to.

    barred: categories that may not count, each with the reason why.
    review, consent: whether they are needed. retention_days, cap: the largest that they may be, None for any.
    sources: where the bounds come from.
    """

    name: str
    about: str
    sources: tuple[str, ...]
    barred: Mapping[str, str]
    review: bool
    consent: bool
    retention_days: int | None
    cap: float | None

    @property
    def allowed(self) -> frozenset[str]:
        """The categories that may count."""
        return frozenset(CATEGORIES).difference(self.barred)

    def loosened_by(self, purpose: Purpose) -> Iterator[str]:
        """In what the purpose is looser than the profile, each with the reason of the profile."""
        for category in sorted(purpose.categories.intersection(self.barred)):
            yield f"lets {category} count ({self.barred[category]})"
        if self.review and not purpose.review:
            yield "needs no review by a person"
        if self.consent and not purpose.consent:
            yield "needs no consent"
        if self.retention_days is not None and purpose.retention_days > self.retention_days:
            yield f"keeps outcomes for {purpose.retention_days} days, more than {self.retention_days}"
        if self.cap is not None and (purpose.cap is None or purpose.cap > self.cap):
            yield f"has a cap of {'none' if purpose.cap is None else f'{purpose.cap:g}'}, more than {self.cap:g}"


@cache
def profiles() -> Mapping[str, Profile]:
    """The locked profiles by name, sorted."""
    found = sorted((files("service.purposes") / "locked").iterdir(), key=lambda file: file.name)
    named = {file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8")) for file in found}
    return MappingProxyType({name: _profile(name, content) for name, content in named.items()})


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises UsageError listing the names."""
    try:
        return profiles()[name]
    except KeyError:
        raise UsageError(f"no profile is called {name!r}; there are {', '.join(profiles())}") from None


def _profile(name: str, content: dict[str, object]) -> Profile:
    barred, sources = content.pop("barred", {}), content.pop("sources")
    assert isinstance(barred, dict) and isinstance(sources, list)
    bounds = {"review": False, "consent": False, "retention_days": None, "cap": None} | content
    return Profile(name=name, sources=tuple(sources), barred=MappingProxyType(barred), **bounds)  # type: ignore[arg-type]
