"""Who asks: the key of a request, and what it may ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from flask import current_app, g, request

from graph.errors import AccessError, KeyRefused, UsageError
from graph.purposes import DEFAULT_PURPOSE, PURPOSES, Purpose, purpose_named
from graph.snapshots.snapshot import Snapshot
from service.records import keys
from service.wording.reasons import AUDIENCES, Audience, Language, Voice

# Whom the reasons for a key of each role may be told to; the first is the default. A service passes reasons on to the
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

    Raises AccessError, and UsageError where a key has several others and the question names none.
    """
    has = sorted(g.key.purposes)
    if name is None:
        name = DEFAULT_PURPOSE if DEFAULT_PURPOSE in has else has[0]
        if name != DEFAULT_PURPOSE and len(has) > 1:
            raise UsageError(f"say what it is asked for with `purpose`; this key may ask for {', '.join(has)}")
    if name not in has:
        raise AccessError(f"this key may not ask for the purpose {name}, only for {', '.join(has)}")
    return purpose_named(name)


def require_explorer(what: str) -> None:
    """Leave what names other parties to those who investigate. Raises AccessError for a key of another role."""
    if g.key.role not in EXPLORERS:
        raise AccessError(
            f"a key of the role {g.key.role} may not ask for {what}, where other parties are named; "
            f"a key of the role {' or '.join(EXPLORERS)} may"
        )


def allowed_voice(audience: Audience | None, language: Language) -> Voice:
    """Whom the answer is told to and how, if this key may ask for that. Raises AccessError."""
    heard_by = AUDIENCES_BY_ROLE[g.key.role]
    if audience is not None and audience not in heard_by:
        raise AccessError(f"a key of the role {g.key.role} may not ask for reasons told to the {audience}")
    return Voice(audience or heard_by[0], language)


def allowed_kinds(snapshot: Snapshot, asked: Collection[str] | None = None) -> list[str]:
    """Kinds of links that this key may see: those in the categories of its purposes.

    Raises AccessError for a kind of this snapshot that was asked for by name and is not among them.
    """
    categories = frozenset[str]().union(*(PURPOSES[name].categories for name in g.key.purposes))
    hidden = {kind for kind, info in snapshot.kinds.items() if info.category not in categories}
    if asked is None:
        return [kind for kind in snapshot.kinds if kind not in hidden]
    if hidden & set(asked):
        raise AccessError(f"no purpose of this key may use links of kind {min(hidden & set(asked))}")
    return list(asked)
