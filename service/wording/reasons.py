"""How reasons read: for an investigator, a service or the party itself, in English or Chinese.

The facts come from `gnn.explain.reason_codes`; the sentences are data in `texts/`. Texts for an investigator name other
parties. Texts for a service and for the subject are made from codes, counts, kinds and points alone, so that no id or
name of a third party can get into them, whatever it looks like.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, cast

from gnn.explain.reason_codes import FORMS, AttributeEffect, Linked, Reason
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot

Audience = Literal["investigator", "service", "subject"]
Language = Literal["en", "zh"]
AUDIENCES: Final[tuple[Audience, ...]] = ("investigator", "service", "subject")
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Voice:
    """Whom a reason is told to, and in which language."""

    audience: Audience = "investigator"
    language: Language = "en"


INVESTIGATOR: Final = Voice()


def voice_named(audience: str, language: str) -> Voice:
    """Raises UsageError for an audience or a language that there is not."""
    found_audience = next((one for one in AUDIENCES if one == audience), None)
    found_language = next((one for one in LANGUAGES if one == language), None)
    if found_audience is None:
        raise UsageError(f"no audience is called {audience!r}; there are {', '.join(AUDIENCES)}")
    if found_language is None:
        raise UsageError(f"reasons are not told in {language!r}; the languages are {', '.join(LANGUAGES)}")
    return Voice(found_audience, found_language)


ATTRIBUTES_NAMED: Final = 3  # in the sentence; the evidence holds all


@dataclass(frozen=True, slots=True)
class ReasonAnswer:
    """A reason as told: points on the score's scale, None where the purpose discloses no score.

    `evidence` names parties to an investigator alone. `capped` are the points by which a cap moved the answer; those of
    the other reasons have that in them already.
    """

    code: str
    points: float | None
    text: str
    evidence: dict[str, Any] | None
    attributes: tuple[AttributeEffect, ...] = ()
    capped: float | None = None


@cache
def words(language: Language) -> Mapping[str, Any]:
    """The texts of a language."""
    return tomllib.loads(files("service.wording").joinpath(f"texts/{language}.toml").read_text("utf-8"))


def render_reason(reason: Reason, voice: Voice, disclose: bool = True) -> ReasonAnswer:
    """A reason as told. Without `disclose` only what it is about, as for a purpose that says only yes or no."""
    if not disclose:
        return ReasonAnswer(reason.code, None, subject_matter(reason, voice), None)
    evidence = None if reason.evidence is None else asdict(reason.evidence)
    if evidence is not None:
        named = evidence["strongest"] if voice.audience == "investigator" else ()
        evidence["strongest"] = [{k: v for k, v in one.items() if k != "row"} for one in named]
    return ReasonAnswer(
        reason.code,
        round(reason.points, 2),
        sentence(reason, voice),
        evidence,
        reason.attributes,
        None if reason.capped is None else round(reason.capped, 2),
    )


def subject_matter(reason: Reason, voice: Voice) -> str:
    """What a reason is about, without a number, a name or a direction."""
    said = words(voice.language)
    if reason.category is not None:
        return cast(str, said["categories"][reason.category]["you" if voice.audience == "subject" else "title"])
    return sentence_of(reason.code, {"effect": "", "attributes": ""}, voice)


def sentence(reason: Reason, voice: Voice) -> str:
    """A reason in words."""
    audience, language = voice.audience, voice.language
    said = words(language)
    evidence, points = reason.evidence, reason.points if reason.capped is None else reason.capped
    figures = {"effect": turned(points, "effect", voice)}
    if reason.category is not None:
        figures |= said["categories"][reason.category]
    if evidence is not None:
        figures |= {"bad": str(evidence.known_bad), "good": str(evidence.known_good)}
        figures |= {"negative": str(evidence.negative), "received": str(evidence.received)}
        figures["parties"] = counted("parties", evidence.parties, language)
    named = evidence.strongest if evidence is not None and audience == "investigator" else ()
    figures["named"] = _listed("named", [_party(one, language) for one in named], language)
    attributes = [one.attribute for one in reason.attributes[:ATTRIBUTES_NAMED]]
    figures["attributes"] = _listed("attributes", attributes, language)
    return sentence_of(reason.code, figures, voice)


def sentence_of(code: str, figures: Mapping[str, str], voice: Voice) -> str:
    """The sentence of a code with its figures."""
    return filled(_template(code, voice.audience, voice.language), figures).rstrip(" ;；，,")


def turned(points: float, verb: str, voice: Voice) -> str:
    """Points as a clause: `effect` says what they do, `without` what their going would."""
    shown = round(points)
    which = "up" if shown > 0 else "down" if shown < 0 else "flat"
    return filled(words(voice.language)[verb][voice.audience][which], {"points": str(abs(shown))})


def counted(phrase: str, n: int, language: Language) -> str:
    """`1 party`, `5 parties`."""
    return filled(words(language)["phrases"][phrase]["one" if n == 1 else "many"], {"n": str(n)})


def kind_in_words(kind: str, category: str, voice: Voice) -> str:
    """A kind of relationship in words; one of a mapping's own reads as its category."""
    said = words(voice.language)
    return cast(str, said["kinds"].get(kind, said["categories"][category]["title"]))


def party_in_words(snapshot: Snapshot, row: int) -> str:
    """A party as an investigator reads it: its name where it has one, and its id."""
    name = snapshot.name_of(row)
    return snapshot.id_of(row) if name is None else f"{name} ({snapshot.id_of(row)})"


def filled(template: str, figures: Mapping[str, str]) -> str:
    """The template with its braces filled, once: what is filled in is never read as a template."""
    return template.format_map(figures)


def _template(code: str, audience: Audience, language: Language) -> str:
    said = words(language)
    if code in said["codes"]:
        return cast(str, said["codes"][code][audience])
    form = next(form for form in FORMS if code.startswith(f"{form}_"))
    return cast(str, said["forms"][form][audience])


def _party(one: Linked, language: Language) -> str:
    phrases, party = words(language)["phrases"], one.id if one.name is None else f"{one.name} ({one.id})"
    if one.known_bad:
        party = filled(phrases["known_bad"], {"party": party})
    if one.via:
        return filled(phrases["through"], {"party": party, "via": phrases["between"].join(one.via)})
    return filled(phrases["over"], {"party": party, "kinds": phrases["between"].join(one.kinds)})


def _listed(phrase: str, items: Sequence[str], language: Language) -> str:
    phrases = words(language)["phrases"]
    return filled(phrases[phrase], {"list": phrases["between"].join(items)}) if items else ""
