"""Who asks: the key of a request, and what it may ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from flask import current_app, g, request

from api.context import serving_context
from graph.errors import AccessError, KeyRefused, UsageError
from graph.purposes import DEFAULT_PURPOSE, Purpose
from service.records import keys
from service.wording.reasons import AUDIENCES, Audience, Language, Voice

# The audiences that a key of each role may ask for; the first is the default. A service passes reasons on to the
# party itself, so it gets them without the names of others.
AUDIENCES_BY_ROLE: Final[Mapping[str, tuple[Audience, ...]]] = {
    "service": ("service", "subject"),
    "investigator": AUDIENCES,
    "admin": AUDIENCES,
}

# Who may look around in the network, where others stand by name. A service asks about parties that it names itself.
EXPLORERS: Final = ("investigator", "admin")


def require_key() -> None:
    """Before every request, the unknown ones too: what is under /v1 wants a key. Raises KeyRefused."""
    if not request.path.startswith("/v1/"):
        return
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise KeyRefused("send a key as `Authorization: Bearer KEY`; make one with `kith keys create`")
    g.key = keys.verify(current_app.extensions["kith.records"], text.strip())


def allowed_purpose(name: str | None) -> Purpose:
    """The purpose, if this key may ask for it; none named is fraud_investigation, or the only one that the key has.

    Raises UnknownPurpose, AccessError, and UsageError where a key has several others and the question names none.
    """
    allowed = _purposes_of_key()
    if name is not None:
        purpose = serving_context().purpose(name)
        if name not in allowed:
            raise AccessError(f"this key may not ask for the purpose {name}, only for {', '.join(allowed)}")
        return purpose
    if DEFAULT_PURPOSE in allowed:
        return allowed[DEFAULT_PURPOSE]
    if len(allowed) != 1:
        raise UsageError(f"name a `purpose`; this key may ask for {', '.join(allowed)}")
    return next(iter(allowed.values()))


def may_ask_for(purpose: str) -> bool:
    """Whether this key may ask for the purpose."""
    return purpose in _purposes_of_key()


def _purposes_of_key() -> dict[str, Purpose]:
    """By name, sorted. Raises AccessError where this installation has none of them any more."""
    purposes = serving_context().purposes
    allowed = {name: purposes[name] for name in sorted(g.key.purposes) if name in purposes}
    if not allowed:
        raise AccessError("none of the purposes of this key exists here any more; make another key")
    return allowed


def require_explorer(what: str) -> None:
    """Leave what names other parties to those who investigate. Raises AccessError for a key of another role."""
    if g.key.role not in EXPLORERS:
        raise AccessError(
            f"a key of the role {g.key.role} may not ask for {what}, where other parties are named; "
            f"a key of the role {' or '.join(EXPLORERS)} may"
        )


def allowed_voice(audience: Audience | None, language: Language) -> Voice:
    """The audience and the language of an answer, if this key may ask for them. Raises AccessError."""
    audiences = AUDIENCES_BY_ROLE[g.key.role]
    if audience is not None and audience not in audiences:
        raise AccessError(f"a key of the role {g.key.role} may not ask for texts for the audience {audience}")
    return Voice(audience or audiences[0], language)


def allowed_kinds(asked: Collection[str] | None = None) -> list[str]:
    """Kinds of links that this key may see: those in the categories of its purposes.

    Raises AccessError for a kind of this snapshot that was asked for by name and is not among them.
    """
    categories = frozenset[str]().union(*(purpose.categories for purpose in _purposes_of_key().values()))
    snapshot = serving_context().snapshot
    kinds = dict(sorted((snapshot.held_kinds | snapshot.kinds).items()))
    hidden = {kind for kind, info in kinds.items() if info.category not in categories}
    if asked is None:
        return [kind for kind in kinds if kind not in hidden]
    if hidden & set(asked):
        raise AccessError(f"no purpose of this key may use links of kind {min(hidden & set(asked))}")
    return list(asked)
