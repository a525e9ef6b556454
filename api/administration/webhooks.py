"""/v1/webhooks and what is sent to them."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from apiflask import APIBlueprint, APIFlask
from flask import current_app, g
from sqlalchemy import Engine

from api.administration.owner import owner
from api.context import known_party, serving_context
from api.schemas.administration import DeliveryListQuery, NewWebhook
from service.administration import webhooks
from service.administration.score_changes import KIND, look, look_soon
from service.administration.webhooks import DeliveryAnswer, DeliveryPage, NewSecret, WebhookAnswer, WebhookList
from service.rights.objections.answering import others_of

bp = APIBlueprint("webhooks", __name__, url_prefix="/v1", tag="administration")

CREATED: Final = 201


def _records() -> Engine:
    records: Engine = current_app.extensions["kith.records"]
    return records


@bp.get("/webhooks")
@bp.doc(operation_id="list_webhooks")
@bp.output(WebhookList)
def listed() -> WebhookList:
    """The webhooks that this key made; an admin sees everybody's."""
    return webhooks.list_webhooks(_records(), owner())


@bp.post("/webhooks")
@bp.doc(operation_id="make_webhook")
@bp.input(NewWebhook)
@bp.output(NewSecret, status_code=CREATED)
def made(json_data: NewWebhook) -> tuple[NewSecret, int]:
    """Have events of some types sent to an address; the secret that they are signed with is shown once."""
    parties = None if json_data.parties is None else [known_party(party) for party in json_data.parties]
    private = current_app.extensions["kith.settings"].webhook_private
    answer = webhooks.make_webhook(
        _records(), g.key.owner, json_data.url, json_data.types, parties, json_data.signature, private, time.time()
    )
    look_soon(_records())
    return answer, CREATED


def add_to(app: APIFlask) -> None:
    """Let the jobs of this application look at the scores that webhooks want to be told of."""
    objecting = partial(others_of, app.extensions["kith.matters"])
    app.extensions["kith.job_handlers"][KIND] = partial(
        look, serving_context, objecting, app.extensions["kith.records"]
    )


@bp.get("/webhooks/<string:webhook>")
@bp.doc(operation_id="get_webhook")
@bp.output(WebhookAnswer)
def read(webhook: str) -> WebhookAnswer:
    """A webhook."""
    return webhooks.read_webhook(_records(), webhook, owner())


@bp.delete("/webhooks/<string:webhook>")
@bp.doc(operation_id="delete_webhook")
@bp.output(WebhookAnswer)
def deleted(webhook: str) -> WebhookAnswer:
    """Send nothing more to a webhook; what is on its way to it is given up."""
    return webhooks.delete_webhook(_records(), webhook, owner())


@bp.post("/webhook-secrets/<string:webhook>")
@bp.doc(operation_id="rotate_webhook_secret")
@bp.output(NewSecret)
def rotated(webhook: str) -> NewSecret:
    """Give a webhook a new secret; for a day requests are signed with the one before too."""
    return webhooks.rotate_secret(_records(), webhook, owner(), time.time())


@bp.get("/webhook-deliveries")
@bp.doc(operation_id="list_deliveries")
@bp.input(DeliveryListQuery, location="query")
@bp.output(DeliveryPage)
def deliveries(query_data: DeliveryListQuery) -> DeliveryPage:
    """What was sent, is being sent and was given up (`state=dead`), the newest first."""
    return webhooks.list_deliveries(_records(), owner(), query_data.state, query_data.limit, query_data.cursor)


@bp.post("/webhook-deliveries/<string:delivery>")
@bp.doc(operation_id="send_again")
@bp.output(DeliveryAnswer)
def sent_again(delivery: str) -> DeliveryAnswer:
    """Begin anew with a delivery that was given up."""
    return webhooks.send_again(_records(), delivery, owner(), time.time())
