"""Webhooks over HTTP."""

from __future__ import annotations

import time

from apiflask import APIFlask
from sqlalchemy import Engine

from graph.purposes import PURPOSES
from service.records import keys, webhooks
from tests.api.conftest import Asker
from tests.house import House

HOOK = {"url": "https://hooks.example.org/kith", "types": ["snapshot.published", "receipt.corrected"]}


def new_asker(app: APIFlask) -> Asker:
    return Asker(app, keys.create(app.extensions["kith.records"], PURPOSES, "service", name="Shop")[0])


def test_a_webhook_is_made_with_a_secret_that_is_shown_once(app: APIFlask, house: House) -> None:
    asker = new_asker(app)
    answer = asker("/v1/webhooks", "POST", json=HOOK | {"parties": [house.member]})
    made = answer.get_json()
    assert answer.status_code == 201 and made["secret"].startswith("whsec_")
    id = made["webhook"]["webhook"]
    read = asker(f"/v1/webhooks/{id}").get_json()
    assert read == made["webhook"] and "secret" not in read and read["parties"] == [house.member]
    assert asker("/v1/webhooks").get_json()["webhooks"] == [read]
    assert asker(f"/v1/webhooks/{id}", "DELETE").get_json() == read
    assert asker(f"/v1/webhooks/{id}").status_code == 404


def test_webhooks_of_others_are_unknown(app: APIFlask) -> None:
    id = new_asker(app)("/v1/webhooks", "POST", json=HOOK).get_json()["webhook"]["webhook"]
    other = new_asker(app)
    for path, method in ((f"/v1/webhooks/{id}", "GET"), (f"/v1/webhooks/{id}", "DELETE")):
        assert other(path, method).status_code == 404
    assert other(f"/v1/webhook-secrets/{id}", "POST").status_code == 404


def test_what_may_not_be_sent_to_is_refused(app: APIFlask) -> None:
    asker = new_asker(app)
    for url, status in (("http://example.org/", 403), ("https://127.0.0.1/", 403), ("https://[::1]/", 400)):
        assert asker("/v1/webhooks", "POST", json=HOOK | {"url": url}).status_code == status
    assert asker("/v1/webhooks", "POST", json=HOOK | {"types": ["gossip"]}).status_code == 400
    assert asker("/v1/webhooks", "POST", json=HOOK | {"parties": ["nobody"]}).status_code == 404


def test_a_secret_is_rotated(app: APIFlask) -> None:
    asker = new_asker(app)
    made = asker("/v1/webhooks", "POST", json=HOOK | {"signature": "v1a"}).get_json()
    newer = asker(f"/v1/webhook-secrets/{made['webhook']['webhook']}", "POST").get_json()
    assert newer["secret"].startswith("whsk_") and newer["secret"] != made["secret"]
    assert newer["webhook"]["old_secret_until"] > time.time()
    assert newer["webhook"]["public_key"] != made["webhook"]["public_key"]


def test_dead_deliveries_are_listed_and_sent_again(app: APIFlask) -> None:
    asker = new_asker(app)
    asker("/v1/webhooks", "POST", json=HOOK)
    records: Engine = app.extensions["kith.records"]
    webhooks.publish(records, "snapshot.published", {"revision": 3}, time.time())
    delivery = asker("/v1/webhook-deliveries").get_json()["deliveries"][0]
    assert (delivery["state"], delivery["body"]["data"]) == ("pending", {"revision": 3})
    webhooks.note_attempt(records, delivery["delivery"], "dead", 10, 500, "answered with 500", time.time())
    dead = asker("/v1/webhook-deliveries", state="dead").get_json()
    assert (dead["total"], dead["deliveries"][0]["error"]) == (1, "answered with 500")
    path = f"/v1/webhook-deliveries/{delivery['delivery']}"
    assert [asker(path, "POST").status_code for _ in range(2)] == [200, 409]
    assert new_asker(app)(path, "POST").status_code == 404


def test_scores_are_told_of_parties_that_a_webhook_names(app: APIFlask) -> None:
    answer = new_asker(app)("/v1/webhooks", "POST", json=HOOK | {"types": ["score.changed"]})
    assert answer.status_code == 422 and "name them in `parties`" in answer.get_json()["detail"]
