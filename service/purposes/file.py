"""A file that declares purposes (TOML):

[purposes.pay_later]                 # its name: small letters, digits and _
profile = "eu_consumer_credit"       # the locked profile that it keeps to; may be left out
categories = ["money", "guarantee"]  # that may count; or barred = ["work"]: all others that the profile allows
retention_days = 730                 # for how long after it closed an outcome counts
cap = 1.0                            # the largest shift by others in log-odds; left out: none
answer = "decision"                  # yes or no against `threshold`; "score", the default, tells the score
threshold = 620
review = true                        # a person must review every decision
assurance = "document"               # no yes to whose identity is assured less: declared, document, bank, in_person
assurance_days = 730                 # and for how long after the check it counts; left out: for ever
shares = true                        # `kith exchange` shares facts for it without consent, on another legal ground
consent = true                       # facts about a party count only with its consent to their source
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from graph.errors import UsageError
from graph.purposes import PURPOSES, Purpose
from graph.schema import CATEGORIES
from service.faults import plainly
from service.purposes.profiles import Profile, profile_named

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
LONGEST_DAYS: Final = 36_525  # a hundred years


def _category(name: str) -> str:
    if name not in CATEGORIES:
        raise ValueError(f"use {', '.join(CATEGORIES)}")
    return name


Category = Annotated[str, AfterValidator(_category)]


class DeclaredPurpose(BaseModel):
    """One purpose as the file writes it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    profile: str | None = None
    categories: Annotated[list[Category], Field(min_length=1)] | None = None
    barred: list[Category] | None = None
    retention_days: Annotated[int, Field(ge=0, le=LONGEST_DAYS)]
    cap: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    answer: Literal["score", "decision"] = "score"
    threshold: Annotated[int, Field(ge=350, le=950)] | None = None
    review: bool | None = None
    consent: bool | None = None
    assurance: Literal["declared", "document", "bank", "in_person"] | None = None
    assurance_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] | None = None
    shares: bool | None = None


class DeclaredPurposes(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    purposes: Annotated[dict[Name, DeclaredPurpose], Field(min_length=1)]


def read_purposes(path: Path) -> Mapping[str, Purpose]:
    """The built-in purposes, and after them those that the file declares, by name.

    Raises UsageError of one line that names the file, the place in it and what to write.
    """
    try:
        content = tomllib.loads(path.read_bytes().decode())
        declared = DeclaredPurposes.model_validate(content).purposes
    except OSError as error:
        raise UsageError(f"purposes {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"purposes {path}: not UTF-8 text at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"purposes {path}: {error}") from error
    except ValidationError as error:
        raise UsageError(f"purposes {path}: {_first_fault(error)}") from error
    found = dict(PURPOSES)
    for name, one in declared.items():
        try:
            found[name] = _purpose(name, one)
        except UsageError as error:
            raise UsageError(f"purposes {path}, {name}: {error}") from error
    return MappingProxyType(found)


def _purpose(name: str, one: DeclaredPurpose) -> Purpose:
    """The purpose. Raises UsageError where keys contradict each other, or the profile is loosened."""
    if name in PURPOSES:
        raise UsageError("a purpose of this name is built in; give yours another name")
    profile = None if one.profile is None else profile_named(one.profile)
    if (one.answer == "decision") != (one.threshold is not None):
        raise UsageError('answer = "decision" and a threshold go together; give both or neither')
    if one.assurance_days is not None and one.assurance is None:
        raise UsageError("assurance_days says how long an assurance counts; say which with assurance")
    purpose = Purpose(
        name=name,
        categories=_categories(one, profile),
        retention_days=one.retention_days,
        cap=one.cap,
        review=one.review if one.review is not None else profile is not None and profile.review,
        threshold=one.threshold,
        consent=one.consent if one.consent is not None else profile is not None and profile.consent,
        profile=one.profile,
        assurance=one.assurance,
        assurance_days=one.assurance_days,
        shares=one.shares or None,
    )
    if profile is not None and (looser := list(profile.loosened_by(purpose))):
        raise UsageError(f"looser than its profile {profile.name}, which is locked: it {'; it '.join(looser)}")
    return purpose


def _categories(one: DeclaredPurpose, profile: Profile | None) -> frozenset[str]:
    if one.categories is not None and one.barred is not None:
        raise UsageError("give either categories or barred")
    if one.categories is not None:
        return frozenset(one.categories)
    if one.barred is None and profile is None:
        raise UsageError("say which relationships may count: categories = [...], or barred = [...]")
    allowed = frozenset(CATEGORIES) if profile is None else profile.allowed
    return allowed - frozenset(one.barred or ())


def _first_fault(error: ValidationError) -> str:
    """The first fault: its place, and what must stand there."""
    fault: dict[str, Any] = dict(error.errors(include_url=False)[0])
    place = ".".join(str(step) for step in fault["loc"] if step != "[key]")
    if fault["type"] == "missing":
        return f"{place} is missing"
    if fault["type"] == "extra_forbidden":
        known = DeclaredPurpose if len(fault["loc"]) > 1 else DeclaredPurposes
        return f"{place} is no key; known here: {', '.join(known.model_fields)}"
    if fault["loc"][-1] == "[key]":
        return f"{place}: a name has small letters, digits and _, at most 63, and begins with a letter"
    message = plainly(fault["msg"])
    return f"{place} = {fault['input']!r}: {message[0].lower()}{message[1:]}"
