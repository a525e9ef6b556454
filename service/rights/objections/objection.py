"""Objections as values and moves: while one is open a person decides, and afterwards as the reviewer decided. Pure.

An objection to a category leaves the category out of the party's own answers at once, and for good where it is upheld.
One to automated decisions has a person decide until it is reviewed, and always where it is upheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from graph.errors import DoesNotFit, StateConflict, UsageError
from graph.purposes import Purpose
from graph.schema import CATEGORIES
from service.closed import Closed

ObjectionTo = Literal["automated_decisions", "category"]
ObjectionState = Literal["open", "upheld", "overruled", "appealed", "withdrawn"]
ObjectionMoveName = Literal["uphold", "overrule", "appeal", "withdraw"]
UNDECIDED: Final[frozenset[ObjectionState]] = frozenset({"open", "appealed"})
STANDING: Final[frozenset[ObjectionState]] = UNDECIDED | {"upheld"}  # that change answers


class ObjectionStep(Closed):
    """A move that was made, when (seconds since 1970), by whom, and what was told."""

    time: float
    by: str
    move: ObjectionMoveName
    old: ObjectionState
    new: ObjectionState
    told: str | None
    second: str | None


class Objection(Closed):
    """An objection of a party. made: seconds since 1970. category: to which; purpose: for which, None for all."""

    objection: int
    version: int
    party: str
    to: ObjectionTo
    category: str | None
    purpose: str | None
    text: str
    state: ObjectionState
    made: float
    steps: tuple[ObjectionStep, ...]


@dataclass(frozen=True, slots=True)
class ObjectionRule:
    """From which states a move is legal and where it leads; by_party: the party itself makes it; second: two people."""

    start: frozenset[ObjectionState]
    end: ObjectionState
    by_party: bool = False
    second: bool = False


OBJECTION_MOVES: Final[Mapping[ObjectionMoveName, ObjectionRule]] = MappingProxyType(
    {
        "uphold": ObjectionRule(UNDECIDED, "upheld"),
        "overrule": ObjectionRule(UNDECIDED, "overruled", second=True),
        "appeal": ObjectionRule(frozenset({"overruled"}), "appealed", by_party=True),
        "withdraw": ObjectionRule(STANDING, "withdrawn", by_party=True),
    }
)


def objected(
    party: str, to: ObjectionTo, category: str | None, purpose: str | None, text: str, now: float
) -> Objection:
    """A new objection. Raises UsageError for one without words, DoesNotFit."""
    if not text.strip():
        raise UsageError("say why you object")
    if (to == "category") != (category is not None):
        raise DoesNotFit("name the `category` of an objection to a category, and of no other")
    if category is not None and category not in CATEGORIES:
        raise UsageError(f"no category is called {category!r}; there are {', '.join(CATEGORIES)}")
    return Objection(
        objection=0,
        version=1,
        party=party,
        to=to,
        category=category,
        purpose=purpose,
        text=text,
        state="open",
        made=now,
        steps=(),
    )


def objection_moved(
    objection: Objection,
    move: ObjectionMoveName,
    by: str,
    now: float,
    told: str | None = None,
    second: str | None = None,
    of_party: bool = False,
) -> Objection:
    """The objection after a move. of_party: the party itself makes it. Raises StateConflict, UsageError."""
    rule = OBJECTION_MOVES[move]
    if objection.state not in rule.start:
        legal = sorted(name for name, one in OBJECTION_MOVES.items() if objection.state in one.start)
        at = f"objection {objection.objection} is {objection.state}"
        raise StateConflict(f"{at}: {move} is not possible, only {', '.join(legal) or 'nothing'}")
    if of_party and not rule.by_party:
        raise StateConflict(f"{move} is for those who review objections, not for the party")
    if rule.second and second in (None, by):
        raise UsageError(f"{move} goes against the party: name a `second` person who agrees, another than {by}")
    if move != "withdraw" and not told:
        raise UsageError(f"{move} needs `told`: why")
    step = ObjectionStep(time=now, by=by, move=move, old=objection.state, new=rule.end, told=told, second=second)
    update = {"state": rule.end, "version": objection.version + 1, "steps": (*objection.steps, step)}
    return objection.model_copy(update=update)


def purpose_after(purpose: Purpose, objections: Iterable[Objection]) -> Purpose:
    """The purpose by which a party with these objections is answered for.

    Of one that is undecided the answer is withheld or, for a purpose that a person reviews, given as needing review.
    """
    standing = [one for one in objections if one.state in STANDING and one.purpose in (None, purpose.name)]
    if not standing:
        return purpose
    barred = {one.category for one in standing if one.to == "category"}
    undecided = any(one.state in UNDECIDED for one in standing)
    by_person = any(one.to == "automated_decisions" and one.state == "upheld" for one in standing)
    return replace(
        purpose,
        categories=purpose.categories - barred,
        objected=purpose.objected or undecided or by_person or None,
        review=purpose.review or (by_person and not undecided and not purpose.objected),
    )
