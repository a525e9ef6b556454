"""The kinds of problems that an answer may be, each under a name that stays: status, title, and what to do.

`type` of a problem document is the path of the kind's page on this server. docs/problems.md is printed by
`python -m api.reference.problem_types`.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from graph.errors import (
    AccessError,
    BodyLate,
    Busy,
    Cancelled,
    ConsentPending,
    DoesNotFit,
    Gone,
    KeyRefused,
    KithError,
    Lagging,
    NoModel,
    QuotaExceeded,
    RequestMismatch,
    RequestPending,
    StaleCursor,
    StateConflict,
    StoreUnavailable,
    TryLater,
    UnknownKind,
    UnknownParty,
    UnknownPurpose,
    UnknownRecord,
    UsageError,
    VersionConflict,
    VersionRequired,
)

PATH: Final = "/problems"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. meaning: what happened; advice: what who asks does about it. errors: those it is raised as."""

    name: str
    status: HTTPStatus
    title: str
    meaning: str
    advice: str
    errors: tuple[type[KithError], ...] = ()

    @property
    def uri(self) -> str:
        """What `type` of a problem document says."""
        return f"{PATH}/{self.name}"


WRONG_QUESTION: Final = ProblemType(
    "wrong-question",
    HTTPStatus.BAD_REQUEST,
    "The question is wrong",
    "A parameter or a field is missing, unknown, sent twice or of the wrong form, or the body is no JSON object.",
    "Correct what `detail` names. The same question fails again.",
    (UsageError,),
)
NOTHING_HERE: Final = ProblemType(
    "nothing-here",
    HTTPStatus.NOT_FOUND,
    "Nothing can be asked at this path",
    "The path is none of the API, or names something in a form that nothing has.",
    "Look the path up in /docs. An id is one segment: `/` in it is written `%2F`.",
)
WRONG_METHOD: Final = ProblemType(
    "wrong-method",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "This is asked with another method",
    "The path exists, but not for this method.",
    "Use a method that the header `Allow` names.",
)
BODY_TOO_LARGE: Final = ProblemType(
    "body-too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The body is too large",
    "The body has more bytes than the server takes (`KITH_MAX_BODY`, 16 MiB for events).",
    "Send it in several requests.",
)
UNAVAILABLE: Final = ProblemType(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Something that Kith needs does not answer",
    "The database of the records, or the store of the facts, cannot be reached or is locked.",
    "Ask again in some seconds. Where it lasts, tell who runs the server.",
    (StoreUnavailable,),
)
FAULT: Final = ProblemType(
    "fault",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Kith failed",
    "A fault of the program or of its files. The log of the server has it under the X-Request-ID of the answer.",
    "Tell who runs the server, with the X-Request-ID.",
)
# Of a class and one below it, the one below stands first.
TYPES: Final = (
    ProblemType(
        "unknown-party",
        HTTPStatus.NOT_FOUND,
        "No party has this id",
        "The question names a party that the network does not have. (A score says so by its state `unknown` instead.)",
        "Check the id. Where the party is new, send its events first, or ask for its score as an applicant.",
        (UnknownParty,),
    ),
    ProblemType(
        "unknown-kind",
        HTTPStatus.NOT_FOUND,
        "No such kind",
        "No kind of relationship or party has this name, or none that this key may see.",
        "Use a kind that `detail` names, or one of `kith kinds`.",
        (UnknownKind,),
    ),
    ProblemType(
        "unknown-purpose",
        HTTPStatus.BAD_REQUEST,
        "No such purpose",
        "No purpose of this installation has this name.",
        "Use one that `detail` names.",
        (UnknownPurpose,),
    ),
    ProblemType(
        "unknown-record",
        HTTPStatus.NOT_FOUND,
        "There is no such record",
        "No case, alert, view, receipt, job, webhook, key or file has this name, or none that this key may see.",
        "Check the name. Some records end: jobs after a week, files of scores after two.",
        (UnknownRecord,),
    ),
    ProblemType(
        "stale-cursor",
        HTTPStatus.CONFLICT,
        "The cursor fits no longer",
        "The cursor belongs to another snapshot or another question, or points behind the last item.",
        "Begin again without a cursor.",
        (StaleCursor,),
    ),
    ProblemType(
        "state-conflict",
        HTTPStatus.CONFLICT,
        "Its state does not allow this",
        "What is asked does not fit the state of what it is about, or cannot be done without a new snapshot.",
        "Read it again, and decide anew.",
        (StateConflict,),
    ),
    ProblemType(
        "does-not-fit",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "What is said does not fit",
        "What is said of an applicant does not fit the network, or parts of a question do not fit each other.",
        "Correct what `detail` lists: it names every fault with its place.",
        (DoesNotFit,),
    ),
    ProblemType(
        "request-pending",
        HTTPStatus.CONFLICT,
        "The same request is being carried out",
        "Another request with this Idempotency-Key is not finished.",
        "Wait a moment and send it again under the same name.",
        (RequestPending,),
    ),
    ProblemType(
        "request-mismatch",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The Idempotency-Key belongs to another request",
        "This Idempotency-Key was sent with another path or body.",
        "Give each request a name of its own.",
        (RequestMismatch,),
    ),
    ProblemType(
        "version-conflict",
        HTTPStatus.PRECONDITION_FAILED,
        "Somebody else was quicker",
        "What is to be changed was changed since it was read. The problem holds the newer one.",
        "Look at the newer one, and send the change again with its version.",
        (VersionConflict,),
    ),
    ProblemType(
        "version-required",
        HTTPStatus.PRECONDITION_REQUIRED,
        "A change names the version that it changes",
        "The header If-Match is missing or no version.",
        "Send the ETag of the answer that you change as If-Match.",
        (VersionRequired,),
    ),
    WRONG_QUESTION,
    ProblemType(
        "key-refused",
        HTTPStatus.UNAUTHORIZED,
        "No valid key",
        "The key is missing, malformed, unknown, revoked or expired, or a session has ended.",
        "Do not ask again with this key. Send another, or ask who runs the server for one.",
        (KeyRefused,),
    ),
    ProblemType(
        "not-allowed",
        HTTPStatus.FORBIDDEN,
        "This key may not ask this",
        "The role, the purposes or the identity of the key do not allow the question.",
        "Use a key that `detail` describes.",
        (AccessError,),
    ),
    ProblemType(
        "busy",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Others are writing",
        "Others have been recording for longer than this request waits.",
        "Send it again.",
        (Busy,),
    ),
    ProblemType(
        "revision-not-here",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The revision is not here yet",
        "The server did not reach the revision that was asked for within a second. `detail` says how far it is.",
        "Ask again, or without it.",
        (Lagging,),
    ),
    ProblemType(
        "revision-gone",
        HTTPStatus.GONE,
        "The revision is not held any more",
        "The server answers from a later revision than that of `exactly`.",
        "Replay the receipt of an answer of that revision, or ask for the newest.",
        (Gone,),
    ),
    UNAVAILABLE,
    ProblemType(
        "no-model",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "There is no model",
        "Nothing can be scored, since no model is trained yet. The network can be explored.",
        "Ask again when `/readyz` names a model.",
        (NoModel,),
    ),
    ProblemType(
        "body-late",
        HTTPStatus.REQUEST_TIMEOUT,
        "The body did not arrive in time",
        "The body was not complete within `KITH_BODY_TIMEOUT`.",
        "Send it again, faster or in parts.",
        (BodyLate,),
    ),
    ProblemType(
        "quota-exceeded",
        HTTPStatus.TOO_MANY_REQUESTS,
        "The quota is used up",
        "The key has made as many requests, or asked about as many pairs, as it may in a minute or a day.",
        "Wait as long as `Retry-After` says.",
        (QuotaExceeded,),
    ),
    ProblemType(
        "too-much-at-once",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too much is asked at once",
        "More questions are worked on, or wait, than a process takes; heavy ones have a limit of their own.",
        "Wait as long as `Retry-After` says.",
        (TryLater,),
    ),
    ProblemType(
        "took-too-long",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The answer would take too long",
        "The question was worked on for `KITH_ANSWER_TIMEOUT` seconds, and given up.",
        "Ask for less at once: fewer parties, hops, kinds or changes, or a file of scores.",
        (Cancelled,),
    ),
    ProblemType(
        "consent-pending",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Consents are being read again",
        "Consents changed, and the facts that count for this purpose are being read again.",
        "Wait as long as `Retry-After` says.",
        (ConsentPending,),
    ),
    NOTHING_HERE,
    WRONG_METHOD,
    BODY_TOO_LARGE,
    FAULT,
)
# Of errors that are raised before a route is reached.
BY_STATUS: Final = {
    int(one.status): one for one in (WRONG_QUESTION, NOTHING_HERE, WRONG_METHOD, BODY_TOO_LARGE, UNAVAILABLE, FAULT)
}


def type_of(error: KithError) -> ProblemType | None:
    """The kind of problem that an error is to who asks, None for one that only the host can mend."""
    return next((one for one in TYPES if isinstance(error, one.errors)), None)


def named(name: str) -> ProblemType | None:
    """The kind of this name, None where there is none."""
    return next((one for one in TYPES if one.name == name), None)


def markdown() -> str:
    """The text of docs/problems.md."""
    rows = [
        f"## {one.name}\n\n{one.status.value} · {one.title}\n\n{one.meaning} {one.advice}\n"
        for one in sorted(TYPES, key=lambda one: one.name)
    ]
    return _PAGE + "\n".join(rows)


_PAGE: Final = """# Problems

<!-- Written by `python -m api.reference.problem_types > docs/problems.md`. -->

Every error of the HTTP API is a problem document (RFC 9457, `application/problem+json`):

    {"type": "/problems/unknown-party", "title": "No party has this id", "status": 404,
     "detail": "no party has the id 'p9'; search for it by a part of its id or its name"}

`type` names the kind of the problem and never changes its meaning; it is a path of the server, which answers there with
what stands below. `title` is the same for all problems of a kind, `detail` says what happened this time. Programs read
`type` and `status`. With 429 and 503, `Retry-After` says in how many seconds to ask again.

"""

if __name__ == "__main__":
    print(markdown(), end="")
