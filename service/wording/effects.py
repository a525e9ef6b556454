"""Removals and counterfactuals in words: the same figures for everybody, parties by name for investigators alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gnn.explain.counterfactuals import Counterfactual, change_code
from gnn.explain.link_removal import Effect, Removals
from graph.snapshots.overlay import AddLinks, Change, Cure, RemoveLinks
from graph.snapshots.snapshot import Snapshot
from service.closed import Closed
from service.wording.reasons import Voice, effect_text, fill, kind_text, party_text, texts


class EffectAnswer(Closed):
    """What relationships do to a score: `points` would go without them.

    via: the identifiers that both use. carried: those through which links are carried to the two. Both and `party` are
    for investigators alone.
    """

    party: str | None
    via: tuple[str, ...]
    carried: tuple[str, ...]
    kinds: tuple[str, ...]
    shared: bool
    links: int
    log_odds: float
    points: float
    text: str


class RemovalsAnswer(Closed):
    """Effects, strongest first; of `candidates` parties only `tried` were removed, see docs/explanations.md."""

    tried: int
    candidates: int
    parties: tuple[EffectAnswer, ...]
    relationships: tuple[EffectAnswer, ...]


NOTHING_REMOVED: Final = RemovalsAnswer(tried=0, candidates=0, parties=(), relationships=())


class ChangeAnswer(Closed):
    """One change, by its code; `times` for more orders or payments. `party` for investigators alone."""

    code: str
    kind: str | None
    times: int | None
    party: str | None


class CounterfactualAnswer(Closed):
    """Changes after which the party has this level and score."""

    changes: tuple[ChangeAnswer, ...]
    cost: float
    level: str
    score: int
    text: str


def render_removals(removals: Removals, snapshot: Snapshot, voice: Voice) -> RemovalsAnswer:
    """Effects in words. Where nobody is named, equal effects come in an order that no id decides."""
    return RemovalsAnswer(
        tried=removals.tried,
        candidates=removals.candidates,
        parties=_effects(removals.parties, snapshot, voice),
        relationships=_effects(removals.relationships, snapshot, voice),
    )


def _effects(effects: Iterable[Effect], snapshot: Snapshot, voice: Voice) -> tuple[EffectAnswer, ...]:
    answers = [_effect(effect, snapshot, voice) for effect in effects]
    if voice.audience != "investigator":
        answers.sort(key=lambda answer: (-abs(answer.points), answer.kinds, answer.links, answer.log_odds))
    return tuple(answers)


def _effect(effect: Effect, snapshot: Snapshot, voice: Voice) -> EffectAnswer:
    by_name = voice.audience == "investigator"
    kinds = tuple(sorted({tie.kind for tie in effect.ended}))
    via = tuple(snapshot.id_of(identifier) for identifier in effect.via)
    party = _party_text(effect, snapshot, voice) if by_name else ""
    figures = {
        "party": party,
        "kinds": _kinds_text(effect, snapshot, voice),
        "without": effect_text(-effect.points, "without", voice),
    }
    return EffectAnswer(
        party=snapshot.id_of(effect.other) if by_name else None,
        via=via if by_name else (),
        carried=_carried(effect, snapshot) if by_name else (),
        kinds=kinds,
        shared=bool(via),
        links=effect.links,
        log_odds=effect.log_odds,
        points=round(effect.points, 2),
        text=fill(texts(voice.language)["removals"][voice.audience], figures),
    )


def _carried(effect: Effect, snapshot: Snapshot) -> tuple[str, ...]:
    found: set[int] = set()
    for tie in effect.ended:
        links = snapshot.links(tie.kind)
        found.update(links.via_of(links.relationship(tie.source, tie.target)))
    return tuple(snapshot.id_of(row) for row in sorted(found))


def _party_text(effect: Effect, snapshot: Snapshot, voice: Voice) -> str:
    """A party by name, over which kinds it is linked, and through which identifiers."""
    phrases = texts(voice.language)["phrases"]
    party = party_text(snapshot, effect.other)
    direct, _ = _direct_and_shared(effect)
    if direct:
        party = fill(phrases["over"], {"party": party, "kinds": phrases["between"].join(direct)})
    if effect.via:
        via = phrases["between"].join(snapshot.id_of(identifier) for identifier in effect.via)
        party = fill(phrases["and_through" if direct else "through"], {"party": party, "via": via})
    return party


def _kinds_text(effect: Effect, snapshot: Snapshot, voice: Voice) -> str:
    """The kinds of direct relationships, then those of what is shared."""
    phrases = texts(voice.language)["phrases"]
    direct, shared = _direct_and_shared(effect)

    def listed(kinds: Iterable[str]) -> str:
        return str(phrases["between"].join(kind_text(kind, snapshot.kinds[kind].category, voice) for kind in kinds))

    parts = [listed(direct)] if direct else []
    return str(
        phrases["between"].join([*parts, fill(phrases["shared"], {"kinds": listed(shared)})] if shared else parts)
    )


def _direct_and_shared(effect: Effect) -> tuple[list[str], list[str]]:
    """The kinds of relationships with the other party, and of those with identifiers that both use, each sorted."""
    shared = [tie for tie in effect.ended if tie.source in effect.via or tie.target in effect.via]
    direct = [tie for tie in effect.ended if tie not in shared]
    return sorted({tie.kind for tie in direct}), sorted({tie.kind for tie in shared})


def render_counterfactual(
    counterfactual: Counterfactual, row: int, snapshot: Snapshot, voice: Voice
) -> CounterfactualAnswer:
    """A counterfactual in words, for the party of `row`."""
    templates, score = texts(voice.language), round(counterfactual.score)
    changes = [_change_text(change, row, snapshot, voice) for change in counterfactual.changes]
    figures = {"changes": templates["phrases"]["and"].join(changes), "score": str(score)}
    figures["level"] = templates["level"][counterfactual.level]
    return CounterfactualAnswer(
        changes=tuple(_change(change, row, snapshot, voice) for change in counterfactual.changes),
        cost=counterfactual.cost,
        level=counterfactual.level,
        score=score,
        text=fill(templates["answers"][voice.audience], figures),
    )


def _change(change: Change, row: int, snapshot: Snapshot, voice: Voice) -> ChangeAnswer:
    other = _other(change, row)
    return ChangeAnswer(
        code=change_code(change, row),
        kind=None if isinstance(change, Cure) else change.kind,
        times=change.times if isinstance(change, AddLinks) else None,
        party=snapshot.id_of(other) if other != row and voice.audience == "investigator" else None,
    )


def _change_text(change: Change, row: int, snapshot: Snapshot, voice: Voice) -> str:
    figures = {"party": party_text(snapshot, _other(change, row)) if voice.audience == "investigator" else ""}
    if isinstance(change, AddLinks | RemoveLinks):
        figures["kind"] = kind_text(change.kind, snapshot.kinds[change.kind].category, voice)
    if isinstance(change, AddLinks):
        figures["times"] = str(change.times)
    return fill(texts(voice.language)["changes"][change_code(change, row)][voice.audience], figures)


def _other(change: Change, row: int) -> int:
    if isinstance(change, Cure):
        return change.party
    return change.target if change.source == row else change.source
