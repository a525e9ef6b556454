"""Reasons in words: for an investigator, a service or the party itself, in English or Chinese.

The facts come from `gnn.explain.reason_codes`; the sentences are data in `texts/`. Texts for an investigator name other
parties. Texts for a service and for the subject are made from codes, counts, kinds and points alone, so that no id or
name of a third party can get into them, whatever it looks like.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, cast

from babel import Locale
from babel.numbers import format_decimal

from gnn.explain.carriers import Carrier
from gnn.explain.reason_codes import FORMS, Evidence, Linked, Reason
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot
from service.closed import Closed

Audience = Literal["investigator", "service", "subject"]
Language = Literal["en", "zh"]
AUDIENCES: Final[tuple[Audience, ...]] = ("investigator", "service", "subject")
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Voice:
    """The audience and the language of a text."""

    audience: Audience = "investigator"
    language: Language = "en"


INVESTIGATOR: Final = Voice()


def voice_named(audience: str, language: str) -> Voice:
    """The voice of that audience and language. Raises UsageError for one that there is not."""
    if audience not in AUDIENCES:
        raise UsageError(f"no audience is called {audience!r}; there are {', '.join(AUDIENCES)}")
    if language not in LANGUAGES:
        raise UsageError(f"there are no reasons in {language!r}; the languages are {', '.join(LANGUAGES)}")
    return Voice(audience, language)


ATTRIBUTES_NAMED: Final = 3  # in the sentence; the evidence holds all


class LinkedPartyAnswer(Closed):
    """A party named as evidence: over which kinds of links, and through which identifiers (`via`).

    They share these or, of other categories than identifier, the links are carried through them.
    """

    id: str
    name: str | None
    links: int
    known_bad: bool
    kinds: tuple[str, ...]
    via: tuple[str, ...]


class EvidenceAnswer(Closed):
    """What lies behind a reason: how many parties, what is known of them; `strongest` for investigators alone.

    known_bad and known_good: null to a service or the subject where they are fewer than three. `negative` of the
    `received` signed statements about the party are below zero; of trust alone, else 0.
    """

    parties: int
    known_bad: int | None
    known_good: int | None
    strongest: tuple[LinkedPartyAnswer, ...]
    negative: int
    received: int


class AttributeEffectAnswer(Closed):
    """The points that go when one attribute of the own record is not known."""

    attribute: str
    points: float


class ReasonAnswer(Closed):
    """A reason in words, with its points on the score's scale, None where the purpose discloses no score.

    `capped` are the points by which a cap moved the answer; those of the other reasons have that in them already.
    """

    code: str
    points: float | None
    text: str
    evidence: EvidenceAnswer | None
    attributes: tuple[AttributeEffectAnswer, ...] = ()
    capped: float | None = None


@cache
def texts(language: Language) -> Mapping[str, Any]:
    """The texts of a language, as they stand in its file."""
    return tomllib.loads(files("service.wording").joinpath(f"texts/{language}.toml").read_text("utf-8"))


def render_reason(reason: Reason, voice: Voice, disclose: bool = True) -> ReasonAnswer:
    """A reason in words. Without `disclose` only what it is about, as for a purpose that says only yes or no."""
    if not disclose:
        return ReasonAnswer(code=reason.code, points=None, text=subject_matter(reason, voice), evidence=None)
    return ReasonAnswer(
        code=reason.code,
        points=round(reason.points, 2),
        text=sentence(reason, voice),
        evidence=None if reason.evidence is None else _evidence(reason.evidence, voice),
        attributes=tuple(
            AttributeEffectAnswer(attribute=effect.attribute, points=effect.points) for effect in reason.attributes
        ),
        capped=None if reason.capped is None else round(reason.capped, 2),
    )


def _evidence(evidence: Evidence, voice: Voice) -> EvidenceAnswer:
    named = evidence.strongest if voice.audience == "investigator" else ()
    return EvidenceAnswer(
        parties=evidence.parties,
        known_bad=evidence.known_bad,
        known_good=evidence.known_good,
        strongest=tuple(
            LinkedPartyAnswer(
                id=party.id,
                name=party.name,
                links=party.links,
                known_bad=party.known_bad,
                kinds=party.kinds,
                via=party.via,
            )
            for party in named
        ),
        negative=evidence.negative,
        received=evidence.received,
    )


def subject_matter(reason: Reason, voice: Voice) -> str:
    """What a reason is about, without a number, a name or a direction."""
    categories = texts(voice.language)["categories"]
    if reason.category is not None:
        return cast(str, categories[reason.category]["you" if voice.audience == "subject" else "title"])
    return sentence_of(reason.code, {"effect": "", "attributes": ""}, voice)


def sentence(reason: Reason, voice: Voice) -> str:
    """A reason in words."""
    audience, language = voice.audience, voice.language
    evidence, points = reason.evidence, reason.points if reason.capped is None else reason.capped
    figures = {"effect": effect_text(points, "effect", voice)}
    if reason.category is not None:
        figures |= texts(language)["categories"][reason.category]
    if evidence is not None:
        figures |= {"bad": str(evidence.known_bad), "good": str(evidence.known_good)}
        figures |= {"negative": str(evidence.negative), "received": str(evidence.received)}
        figures["parties"] = count_text("parties", evidence.parties, language)
    if reason.carrier is not None and reason.category is not None:
        figures |= _carried(reason.carrier, reason.category, voice)
    named = evidence.strongest if evidence is not None and audience == "investigator" else ()
    figures["named"] = _listed("named", [_linked_party(party, language) for party in named], language)
    attributes = [effect.attribute for effect in reason.attributes[:ATTRIBUTES_NAMED]]
    figures["attributes"] = _listed("attributes", attributes, language)
    return sentence_of(reason.code, figures, voice)


def _carried(carrier: Carrier, category: str, voice: Voice) -> dict[str, str]:
    """The feature that carries a share, and how it compares with that of others, which may be nothing."""
    phrases = texts(voice.language)["measures"]
    side = {"out": "to_others", "in": "from_others"}.get(carrier.side, "both_ways")
    if category == "identifier":  # there is but one way to use something
        side = "both_ways"
    kind = kind_text(carrier.kind, category, voice) if carrier.kind else ""
    measure = fill(phrases[carrier.feature], {"links": fill(phrases[side], {"kind": kind})})
    if carrier.below is None:
        return {"measure": measure, "compared": ""}
    which, share = ("higher", carrier.below) if carrier.below >= 0.5 else ("lower", 1 - carrier.below)
    return {"measure": measure, "compared": fill(phrases[which], {"share": f"{int(100 * share)}%"})}


def sentence_of(code: str, figures: Mapping[str, str], voice: Voice) -> str:
    """The sentence of a code with its figures."""
    return fill(_template(code, voice.audience, voice.language), figures).rstrip(" ;；，,")


def effect_text(points: float, verb: str, voice: Voice) -> str:
    """Points as a clause: `effect` says what they do, `without` what the score would be if they went."""
    shown = round(round(points, 2))  # as the points beside it are rounded twice, too
    which = "up" if shown > 0 else "down" if shown < 0 else "flat"
    return fill(texts(voice.language)[verb][voice.audience][which], {"points": str(abs(shown))})


def count_text(phrase: str, n: int, language: Language) -> str:
    """A count with its noun, in the plural form that the language has for it.

    >>> count_text("parties", 1, "en"), count_text("parties", 1500, "en")
    ('1 party', '1,500 parties')
    """
    form = Locale.parse(language).plural_form(n)
    return fill(texts(language)["phrases"][phrase][form], {"n": format_decimal(n, locale=language)})


def kind_text(kind: str, category: str, voice: Voice) -> str:
    """A kind of relationship in words; one of a mapping's own reads as its category."""
    names = texts(voice.language)
    return cast(str, names["kinds"].get(kind, names["categories"][category]["title"]))


def party_text(snapshot: Snapshot, row: int) -> str:
    """A party as an investigator reads it: its name where it has one, and its id."""
    name = snapshot.name_of(row)
    return snapshot.id_of(row) if name is None else f"{name} ({snapshot.id_of(row)})"


def fill(template: str, figures: Mapping[str, str]) -> str:
    """The template with its braces filled, once: what is filled in is never read as a template."""
    return template.format_map(figures)


def _template(code: str, audience: Audience, language: Language) -> str:
    templates = texts(language)
    if code in templates["codes"]:
        return cast(str, templates["codes"][code][audience])
    form = next(form for form in FORMS if code.startswith(f"{form}_"))
    return cast(str, templates["forms"][form][audience])


def _linked_party(linked: Linked, language: Language) -> str:
    phrases = texts(language)["phrases"]
    party = linked.id if linked.name is None else f"{linked.name} ({linked.id})"
    if linked.known_bad:
        party = fill(phrases["known_bad"], {"party": party})
    if linked.kinds or not linked.via:
        party = fill(phrases["over"], {"party": party, "kinds": phrases["between"].join(linked.kinds)})
    if linked.via:
        party = fill(phrases["through"], {"party": party, "via": phrases["between"].join(linked.via)})
    return party


def _listed(phrase: str, items: Sequence[str], language: Language) -> str:
    phrases = texts(language)["phrases"]
    return fill(phrases[phrase], {"list": phrases["between"].join(items)}) if items else ""
