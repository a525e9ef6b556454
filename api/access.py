"""Who asks: the key of a request, sent with it or by its session, and what it may ask for.

A browser sends the cookie of a session by itself, also where another site makes it ask. So a request that is not a mere
GET and comes with the cookie must show that this site's own page sent it: by a header that no form can send, and by
what the browser says of its origin.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from flask import Flask, current_app, g, request

from api.context import serving_context
from graph.errors import AccessError, KeyRefused, KithError, UnknownKind, UsageError
from graph.purposes import DEFAULT_PURPOSE, Purpose
from graph.schema import RELATIONSHIP_KINDS, nearest_kinds
from service.records import sessions
from service.records.keys import Key
from service.wording.reasons import AUDIENCES, Audience, Language, Voice

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The audiences that a key of each role may ask for; the first is the default. A service passes reasons on to the
# party itself, so it gets them without the names of others.
AUDIENCES_BY_ROLE: Final[Mapping[str, tuple[Audience, ...]]] = {
    "service": ("service", "subject"),
    "investigator": AUDIENCES,
    "admin": AUDIENCES,
    "subject": ("subject",),
}

# What a party asks about itself, with a key of the role subject: these paths, and what is below them.
OWN_PATHS: Final = (
    "/v1/disputes", "/v1/notices", "/v1/notice-pages", "/v1/own-report", "/v1/own-report-page", "/v1/objections",
    "/v1/statements", "/v1/consents", "/v1/list-entries", "/v1/list-entry-pages",
)  # fmt: skip

# Who may look around in the network, where others stand by name. A service asks about parties that it names itself.
EXPLORERS: Final = ("investigator", "admin")


# What tells of one institution, where a server has several.
OF_AN_INSTITUTION: Final = ("/docs", "/metrics", "/openapi.json", "/readyz")
COOKIE: Final = "kith_session"
OWN_PAGE: Final = ("X-Kith-Request", "workbench")  # the header that a form of another site cannot send
READING: Final = ("GET", "HEAD", "OPTIONS")


def require_key() -> None:
    """Before every request, the unknown ones too: what is under /v1 wants a key or a session.

    Raises KeyRefused, and AccessError for a request that another site may have made a browser send.
    """
    if not needs_key(request.path, current_app.extensions["kith.settings"].served_tenants is not None):
        return
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if not scheme and COOKIE in request.cookies:
        g.key = _key_of_session(request.cookies[COOKIE])
        _keep_to_own_paths(g.key)
        return
    if scheme.lower() != "bearer" or not text:
        raise KeyRefused("send a key as `Authorization: Bearer KEY`; make one with `kith keys create`")
    g.key = current_app.extensions["kith.keys"].verify(text.strip())
    _keep_to_own_paths(g.key)


def has_key(app: Flask, environ: WSGIEnvironment) -> bool:
    """Whether a request has a key or a session that an application takes, before anything of its body is there."""
    with app.request_context(environ):
        try:
            require_key()
        except KithError:  # which the application raises again where it answers
            return False
        return True


def needs_key(path: str, several: bool) -> bool:
    """Whether a path is asked with a key. several: of an application that stands for one institution of several."""
    return path.startswith("/v1/") or (several and path in OF_AN_INSTITUTION)


def _keep_to_own_paths(key: Key) -> None:
    """Raises AccessError where a party asks for anything but what is about itself."""
    own = any(request.path == path or request.path.startswith(f"{path}/") for path in OWN_PATHS)
    if key.role == "subject" and not own:
        raise AccessError(f"a key of the role subject may ask for {', '.join(OWN_PATHS)} alone")


def _key_of_session(token: str) -> Key:
    if request.method not in READING:
        _refuse_other_sites()
    idle = current_app.extensions["kith.settings"].session_idle
    return sessions.key_of_session(current_app.extensions["kith.records"], token, idle, time.time())


def _refuse_other_sites() -> None:
    name, value = OWN_PAGE
    if request.headers.get(name) != value:
        raise AccessError(f"a request with a session that is no GET needs the header `{name}: {value}`")
    origin, fetched = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is None and fetched is None:
        raise AccessError("a request with a session that is no GET must come from a browser, which says its origin")
    # The host alone: a proxy that ends TLS leaves http here, and a page of another scheme is none of the same site.
    if (origin is not None and origin.partition("://")[2] != request.host) or fetched not in (None, "same-origin"):
        raise AccessError("this request was made by another site")


def signed_in() -> str:
    """The person whose key this is. Raises AccessError for a role that does not investigate, a key without a name."""
    require_explorer("the workbench")
    if g.key.name is None:
        raise AccessError(
            "the workbench notes who did what, and this key names no person; "
            "make one that does: `kith keys create --role investigator --name NAME`"
        )
    person: str = g.key.name
    return person


def allowed_purpose(name: str | None) -> Purpose:
    """The purpose, if this key may ask for it; none named is fraud_investigation, or the only one that the key has.

    Raises UnknownPurpose, AccessError, and UsageError where a key has several others and the question names none.
    """
    if name is not None and name in g.key.purposes and name in serving_context().purposes:
        g.purpose = name
        return serving_context().purpose(name)
    allowed = allowed_purposes()
    if name is not None:
        purpose = serving_context().purpose(name)
        if name not in allowed:
            raise AccessError(f"this key may not ask for the purpose {name}, only for {', '.join(allowed)}")
    elif DEFAULT_PURPOSE in allowed:
        purpose = allowed[DEFAULT_PURPOSE]
    elif len(allowed) == 1:
        purpose = next(iter(allowed.values()))
    else:
        raise UsageError(f"name a `purpose`; this key may ask for {', '.join(allowed)}")
    g.purpose = purpose.name
    return purpose


def may_ask_for(purpose: str) -> bool:
    """Whether this key may ask for the purpose."""
    return purpose in allowed_purposes()


def allowed_purposes() -> dict[str, Purpose]:
    """The purposes that this key may ask for, by name, sorted.

    Raises AccessError where this installation has none of them any more.
    """
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
    require_unconditional(what)


def require_admin(what: str) -> None:
    """Leave what is the business of those who run the installation to them. Raises AccessError."""
    if g.key.role != "admin":
        raise AccessError(f"a key of the role {g.key.role} may not ask for {what}; a key of the role admin may")


def require_unconditional(what: str) -> None:
    """Leave facts as they are to those who have a purpose that needs no consent. Raises AccessError."""
    if all(purpose.consent for purpose in allowed_purposes().values()):
        raise AccessError(f"every purpose of this key needs consent, so it may not ask for {what}; ask for a score")


def own_party(what: str) -> str:
    """The party that this key is bound to. Raises AccessError for another role or an unchecked key."""
    if g.key.party is None:
        raise AccessError(f"a key of the role {g.key.role} may not ask for {what}; a key of the role subject may")
    if g.key.assurance == "declared":
        raise AccessError("it was not checked yet whose key this is; ask the institution to check your identity")
    party: str = g.key.party
    return party


def allowed_voice(audience: Audience | None, language: Language) -> Voice:
    """The audience and the language of an answer, if this key may ask for them. Raises AccessError."""
    audiences = AUDIENCES_BY_ROLE[g.key.role]
    if audience is not None and audience not in audiences:
        raise AccessError(f"a key of the role {g.key.role} may not ask for texts for the audience {audience}")
    return Voice(audience or audiences[0], language)


def allowed_kinds(asked: Collection[str] | None = None) -> list[str]:
    """Kinds of links that this key may see: those in the categories of its purposes.

    Purposes that need consent let nobody see facts as they are. Raises AccessError for a kind of this snapshot that was
    asked for by name and is not among them, UnknownKind for one that is none: it names only kinds that the key may see.
    """
    unconditional = (purpose for purpose in allowed_purposes().values() if not purpose.consent)
    categories = frozenset[str]().union(*(purpose.categories for purpose in unconditional))
    snapshot = serving_context().snapshot
    kinds = dict(sorted((snapshot.held_kinds | snapshot.kinds).items()))
    hidden = {kind for kind, info in kinds.items() if info.category not in categories}
    if asked is None:
        return [kind for kind in kinds if kind not in hidden]
    if hidden & set(asked):
        raise AccessError(f"no purpose of this key may use links of kind {min(hidden & set(asked))}")
    visible = [kind for kind in kinds if kind not in hidden]
    for kind in asked:
        if kind not in kinds and kind not in RELATIONSHIP_KINDS:
            has = f"there are {', '.join(visible) or 'none'}"
            raise UnknownKind.named(kind, "for this key", nearest_kinds(kind, visible), has)
    return list(asked)


def sees_identifiers() -> bool:
    """Whether a purpose of this key may use identifiers, so that it may search for phones and accounts."""
    return any("identifier" in purpose.categories for purpose in allowed_purposes().values())
