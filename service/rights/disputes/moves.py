"""The legal moves of a dispute. Pure: no database, no clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graph.errors import StateConflict, UsageError
from service.rights.disputes.dispute import (
    DECIDED,
    GONE,
    HELD,
    INVESTIGATED,
    UNDECIDED,
    Dispute,
    DisputeClock,
    Move,
    MoveName,
    Pause,
    State,
    Step,
    stood_still,
)
from service.rights.disputes.items import Act
from service.rights.disputes.results import result_notice
from service.rights.legal.legal_profiles import LegalProfile


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a move is legal, the state it leads to (None: the same) and what it does to the fact.

    by_party: whether the party itself may make it. second: whether it takes the word of a second person.
    """

    start: frozenset[State]
    end: State | None
    act: Act | None = None
    by_party: bool = False
    second: bool = False


def _rule(start: Iterable[State], to: State | None = None, act: Act | None = None, **who: bool) -> Rule:
    return Rule(frozenset(start), to, act, **who)


MOVES: Final[Mapping[MoveName, Rule]] = MappingProxyType(
    {
        "ask_identity": _rule({"received"}, to="identity_pending"),
        "open": _rule({"received", "identity_pending"}, to="open", act="hold"),
        "ask_furnisher": _rule({"open"}, to="furnisher_asked"),
        "furnisher_answered": _rule({"furnisher_asked"}),
        "verify": _rule(INVESTIGATED, to="verified", act="keep", second=True),
        "correct": _rule(INVESTIGATED, to="corrected", act="correct"),
        "delete": _rule(INVESTIGATED, to="deleted", act="delete"),
        "lapse": _rule(INVESTIGATED, to="unverifiable", act="delete"),
        "reject": _rule({"received", "identity_pending", "open"}, to="frivolous", act="keep", second=True),
        "notify": _rule(DECIDED, to="notified"),
        "close": _rule({"notified", "withdrawn"}, to="closed"),
        "extend": _rule(INVESTIGATED),
        "pause": _rule(UNDECIDED - {"received"}),
        "resume": _rule(UNDECIDED - {"received"}),
        "appeal": _rule({"notified", "closed"}, to="appealed", by_party=True),
        "reopen": _rule({"appealed", "notified", "closed"}, to="open", act="hold"),
        "withdraw": _rule({*UNDECIDED, "appealed"}, to="withdrawn", act="keep", by_party=True),
        "state": _rule({*UNDECIDED, *DECIDED, "notified", "closed", "appealed"}, by_party=True),
    }
)


def moved(dispute: Dispute, asked: Move, profile: LegalProfile, by: str, now: float, of_party: bool = False) -> Dispute:
    """The dispute after a move, which is logged in it. of_party: the party itself makes it.

    Raises StateConflict for a move that is not legal now, UsageError for one that lacks something.
    """
    rule = MOVES[asked.move]
    _refuse(dispute, asked, rule, by, of_party)
    end = rule.end or dispute.state
    step = Step(
        number=len(dispute.steps) + 1,
        time=now,
        by=by,
        move=asked.move,
        old=dispute.state,
        new=end,
        told=asked.told,
        second=asked.second,
    )
    return dispute.model_copy(
        update={
            "version": dispute.version + 1,
            "state": end,
            "changed": now,
            "steps": (*dispute.steps, step),
            "clock": _clock(dispute, asked, profile, now),
            "owed": act_of(dispute, asked.move),
            **_particulars(dispute, asked, profile, end, now),
        }
    )


def act_of(dispute: Dispute, move: MoveName) -> Act | None:
    """What a move does to the fact of a dispute as it stands; None: nothing.

    A dispute that was reopened and comes to nothing leaves the fact as it was decided before.
    """
    act = MOVES[move].act
    if act == "keep" and dispute.state not in HELD:  # nothing is marked
        return None
    if act == "hold" and dispute.outcome in GONE:
        return None
    if act == "keep" and move != "verify" and dispute.outcome is not None:
        return {"corrected": "correct", "verified": "keep", "frivolous": "keep"}.get(dispute.outcome)  # type: ignore[return-value]
    return act


def _refuse(dispute: Dispute, asked: Move, rule: Rule, by: str, of_party: bool) -> None:
    if dispute.state not in rule.start:
        legal = sorted(name for name, one in MOVES.items() if dispute.state in one.start)
        at = f"dispute {dispute.dispute} is {dispute.state}"
        raise StateConflict(f"{at}: {asked.move} is not possible, only {', '.join(legal) or 'nothing'}")
    if of_party and not rule.by_party:
        raise StateConflict(f"{asked.move} is for those who work on the dispute, not for the party")
    if rule.second and asked.second in (None, by):
        raise UsageError(f"{asked.move} goes against the party: name a `second` person who agrees, another than {by}")
    if asked.move in ("state", "furnisher_answered", "pause", "extend", "reject", "appeal") and not asked.told:
        raise UsageError(f"{asked.move} needs `told`: the words of it, or why")
    if asked.move == "verify" and dispute.outcome in GONE and not asked.told:
        raise UsageError("the fact was deleted: `told` must hold the furnisher's certification that it is right")
    if asked.move == "lapse" and dispute.answer is not None:
        raise StateConflict("the furnisher answered; verify, correct or delete the fact")
    if dispute.paused and asked.move not in ("resume", "withdraw", "state"):
        raise StateConflict(f"the clock of dispute {dispute.dispute} stands still; resume it first")


def _clock(dispute: Dispute, asked: Move, profile: LegalProfile, now: float) -> DisputeClock:
    clock, name = dispute.clock, profile.name
    if asked.move == "extend":
        extension = profile.clocks.get("extension")
        if extension is None or clock.extended is not None:
            raise StateConflict(f"the profile {name} has no {'second ' if clock.extended else ''}extension")
        periods = (profile.clocks["investigation"].period, extension.period)
        due = profile.calendar.after(clock.started, *periods) + stood_still(clock, now)
        basis = (*clock.basis, extension.source)
        return clock.model_copy(update={"due": due, "extended": asked.told, "basis": basis})
    if asked.move == "pause":
        if profile.pause is None:
            raise StateConflict(f"the profile {name} lets no clock stand still")
        return clock.model_copy(update={"pauses": (*clock.pauses, Pause(since=now, until=None, why=str(asked.told)))})
    if dispute.paused and asked.move in ("resume", "withdraw"):
        ended = clock.pauses[-1].model_copy(update={"until": now})
        due = clock.due + (now - ended.since)
        return clock.model_copy(update={"due": due, "pauses": (*clock.pauses[:-1], ended)})
    if asked.move == "resume":
        raise StateConflict(f"the clock of dispute {dispute.dispute} runs; only one that stands still is resumed")
    if asked.move == "reopen":
        investigation = profile.clocks["investigation"]
        due = profile.calendar.after(now, investigation.period)
        basis = (investigation.source,)
        return DisputeClock(started=now, due=due, extended=None, pauses=(), basis=basis)
    return clock


def _particulars(dispute: Dispute, asked: Move, profile: LegalProfile, end: State, now: float) -> dict[str, object]:
    """What else a move changes, by field."""
    if end in DECIDED:
        found: dict[str, object] = {"decided": now, "outcome": end}
        return found | ({"corrected": dict(asked.corrected or {})} if asked.move == "correct" else {})
    match asked.move:
        case "ask_furnisher":
            return {"furnisher_asked": now, "answer": None}
        case "furnisher_answered":
            return {"answer": asked.told}
        case "notify":
            return {"result": result_notice(dispute).sha256()}
        case "appeal":
            return {"appealed": now}
        case "reopen":
            return {"decided": None, "answer": None, "furnisher_asked": None}
        case "state":
            return {"statement": profile.worded(str(asked.told))}
    return {}
