"""/v1/events: what happens is sent in, and every answer after it knows it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from apiflask import APIBlueprint
from flask import current_app, g, request
from pydantic import Field, WrapValidator

from api.administration.background import look_soon
from api.context import following
from graph.errors import AccessError, StateConflict
from service.closed import Closed
from service.events import recording
from service.events.recording import EventAnswer
from service.events.types import Event

SENDERS: Final = ("service", "admin")
MOST_EVENTS: Final = 10_000  # in one request
LARGEST: Final = 16 << 20  # bytes of a request with events
WAIT: Final = 30.0  # seconds for others who record

bp = APIBlueprint("events", __name__, url_prefix="/v1", tag="events")


class EventBatch(Closed):
    """What happened, in its order."""

    # Each event is checked by itself, so that a wrong one does not keep the others out.
    events: Annotated[
        list[Annotated[Event, WrapValidator(lambda value, _: value)]],
        Field(min_length=1, max_length=MOST_EVENTS, description="Events, each with its type and its id."),
    ]


class EventsAnswer(Closed):
    """What became of each event, in their order. Whoever reads `at_least` this revision reads what was recorded."""

    revision: int
    recorded: int
    unchanged: int
    rejected: int
    events: tuple[EventAnswer, ...]


@bp.before_request
def allow_large_bodies() -> None:
    """A request with many events is larger than a question."""
    request.max_content_length = max(LARGEST, current_app.extensions["kith.settings"].max_body)


@bp.post("/events")
@bp.doc(operation_id="record_events")
@bp.input(EventBatch)
@bp.output(EventsAnswer)
def record(json_data: EventBatch) -> EventsAnswer:
    """Record what happened, each event once by its id; good events count whatever becomes of the others.

    For keys of a service or an admin. An event that is known already with the same content is `unchanged`. The answer
    names the revision from which on every process answers with what was recorded.
    """
    if g.key.role not in SENDERS:
        raise AccessError(f"a key of the role {g.key.role} may not send events; one of a {' or '.join(SENDERS)} may")
    follower = following()
    if follower is None:
        raise StateConflict("this server answers from one snapshot for ever, and takes no events in")
    sent: Any = json_data.events
    source = recording.SOURCE + (g.key.name or f"key {g.key.prefix}")
    with follower.writing(WAIT) as publish:
        done = recording.record(follower.store(), source, sent)
        publish(done.revision)
    if done.changed:
        look_soon(current_app)
    states = [answer.state for answer in done.answers]
    return EventsAnswer(
        revision=done.revision,
        recorded=states.count("recorded"),
        unchanged=states.count("unchanged"),
        rejected=states.count("rejected"),
        events=done.answers,
    )
