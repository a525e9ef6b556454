"""Removals and counterfactuals as told: the same figures to everybody, the parties by name to an investigator alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gnn.explain.counterfactuals import Counterfactual, change_code
from gnn.explain.link_removal import Effect, Removals
from graph.snapshots.overlay import AddLinks, Change, Cure, RemoveLinks
from graph.snapshots.snapshot import Snapshot
from service.wording.reasons import Voice, filled, kind_in_words, party_in_words, turned, words


@dataclass(frozen=True, slots=True)
class EffectAnswer:
    """What relationships do to a score: `points` would go without them. `party` and `via` for investigators alone."""

    party: str | None
    via: tuple[str, ...]
    kinds: tuple[str, ...]
    shared: bool
    links: int
    log_odds: float
    points: float
    text: str


@dataclass(frozen=True, slots=True)
class RemovalsAnswer:
    """Effects, strongest first; of `candidates` parties only `tried` were removed, see docs/explanations.md."""

    tried: int
    candidates: int
    parties: tuple[EffectAnswer, ...]
    relationships: tuple[EffectAnswer, ...]


NOTHING_REMOVED: Final = RemovalsAnswer(0, 0, (), ())


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """One change, by its code; `times` for more orders or payments. `party` for investigators alone."""

    code: str
    kind: str | None
    times: int | None
    party: str | None


@dataclass(frozen=True, slots=True)
class CounterfactualAnswer:
    """Changes after which the party has this level and score."""

    changes: tuple[ChangeAnswer, ...]
    cost: float
    level: str
    score: int
    text: str


def render_removals(found: Removals, snapshot: Snapshot, voice: Voice) -> RemovalsAnswer:
    """Effects in words. Where nobody is named, equal effects come in an order that no id decides."""
    return RemovalsAnswer(
        found.tried,
        found.candidates,
        _told(found.parties, snapshot, voice),
        _told(found.relationships, snapshot, voice),
    )


def _told(effects: Iterable[Effect], snapshot: Snapshot, voice: Voice) -> tuple[EffectAnswer, ...]:
    answers = [_effect(one, snapshot, voice) for one in effects]
    if voice.audience != "investigator":
        answers.sort(key=lambda one: (-abs(one.points), one.kinds, one.links, one.log_odds))
    return tuple(answers)


def _effect(effect: Effect, snapshot: Snapshot, voice: Voice) -> EffectAnswer:
    by_name = voice.audience == "investigator"
    kinds = tuple(sorted({tie.kind for tie in effect.ended}))
    via = tuple(snapshot.id_of(one) for one in effect.via)
    party = _path(effect, snapshot, voice) if by_name else ""
    figures = {
        "party": party,
        "kinds": _kinds_in_words(effect, snapshot, voice),
        "without": turned(-effect.points, "without", voice),
    }
    return EffectAnswer(
        snapshot.id_of(effect.other) if by_name else None,
        via if by_name else (),
        kinds,
        bool(via),
        effect.links,
        effect.log_odds,
        round(effect.points, 2),
        filled(words(voice.language)["removals"][voice.audience], figures),
    )


def _path(effect: Effect, snapshot: Snapshot, voice: Voice) -> str:
    """A party by name, over which kinds it is linked, and through which identifiers."""
    phrases = words(voice.language)["phrases"]
    said = party_in_words(snapshot, effect.other)
    direct, _ = _direct_and_shared(effect)
    if direct:
        said = filled(phrases["over"], {"party": said, "kinds": phrases["between"].join(direct)})
    if effect.via:
        via = phrases["between"].join(snapshot.id_of(one) for one in effect.via)
        said = filled(phrases["and_through" if direct else "through"], {"party": said, "via": via})
    return said


def _kinds_in_words(effect: Effect, snapshot: Snapshot, voice: Voice) -> str:
    """Direct relationships, then what is shared."""
    phrases = words(voice.language)["phrases"]
    direct, shared = _direct_and_shared(effect)

    def listed(kinds: Iterable[str]) -> str:
        return str(phrases["between"].join(kind_in_words(kind, snapshot.kinds[kind].category, voice) for kind in kinds))

    parts = [listed(direct)] if direct else []
    return str(
        phrases["between"].join([*parts, filled(phrases["shared"], {"kinds": listed(shared)})] if shared else parts)
    )


def _direct_and_shared(effect: Effect) -> tuple[list[str], list[str]]:
    """The kinds of relationships with the other party, and of those with identifiers that both use, each sorted."""
    shared = [tie for tie in effect.ended if tie.source in effect.via or tie.target in effect.via]
    direct = [tie for tie in effect.ended if tie not in shared]
    return sorted({tie.kind for tie in direct}), sorted({tie.kind for tie in shared})


def render_counterfactual(one: Counterfactual, row: int, snapshot: Snapshot, voice: Voice) -> CounterfactualAnswer:
    """A counterfactual in words."""
    said = words(voice.language)
    changes = said["phrases"]["and"].join(_change_text(change, row, snapshot, voice) for change in one.changes)
    level, score = said["level"][one.level], round(one.score)
    text = filled(said["answers"][voice.audience], {"changes": changes, "level": level, "score": str(score)})
    told = tuple(_change(change, row, snapshot, voice) for change in one.changes)
    return CounterfactualAnswer(told, one.cost, one.level, score, text)


def _change(change: Change, row: int, snapshot: Snapshot, voice: Voice) -> ChangeAnswer:
    other = _other(change, row)
    return ChangeAnswer(
        change_code(change, row),
        None if isinstance(change, Cure) else change.kind,
        change.times if isinstance(change, AddLinks) else None,
        snapshot.id_of(other) if other != row and voice.audience == "investigator" else None,
    )


def _change_text(change: Change, row: int, snapshot: Snapshot, voice: Voice) -> str:
    figures = {"party": party_in_words(snapshot, _other(change, row)) if voice.audience == "investigator" else ""}
    if isinstance(change, AddLinks | RemoveLinks):
        figures["kind"] = kind_in_words(change.kind, snapshot.kinds[change.kind].category, voice)
    if isinstance(change, AddLinks):
        figures["times"] = str(change.times)
    return filled(words(voice.language)["changes"][change_code(change, row)][voice.audience], figures)


def _other(change: Change, row: int) -> int:
    if isinstance(change, Cure):
        return change.party
    return change.target if change.source == row else change.source
