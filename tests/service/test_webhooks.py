"""Webhooks: signed by the standard, tried ten times, never sent to a private network."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine
from standardwebhooks import Webhook as Verifier

from graph.errors import AccessError, StateConflict, UnknownRecord, UsageError
from service.administration import webhooks as administration
from service.administration.webhooks import NewSecret
from service.job_worker import Worker
from service.records import webhooks
from service.records.webhooks import Delivery
from service.webhooks.delivering import RETRIES, Delivering
from service.webhooks.sending import NotSent, address_of, is_public, post
from tests.service.receiver import Receiver, receiving

OWNER = 7
DATA = {"snapshot": "abc", "revision": 3}


class Clock:
    """Now, and how much later a test pretends it is."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        return time.time() + self.later


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def made(records: Engine, url: str, signature: Any = "v1", parties: Any = None, types: Any = None) -> NewSecret:
    types = types or ["snapshot.published"]
    return administration.make_webhook(records, OWNER, url, types, parties, signature, private=True, now=time.time())


def sender(records: Engine, clock: Clock, private: bool = True) -> Worker:
    return Worker(records, {webhooks.JOB: Delivering(records, private, clock)}, clock=clock)


def published(records: Engine, clock: Clock) -> None:
    assert webhooks.publish(records, "snapshot.published", DATA, clock()) == 1


def only(records: Engine) -> Delivery:
    (delivery,), _ = webhooks.deliveries(records, OWNER, None, 10)
    return delivery


def test_an_event_arrives_signed_so_that_the_standard_library_verifies_it(records: Engine, receiver: Receiver) -> None:
    clock, hook = Clock(), made(records, receiver.url)
    published(records, clock)
    assert sender(records, clock).work_once()
    (headers, body), delivery = receiver.got[0], only(records)
    event = Verifier(hook.secret).verify(body, headers)
    assert event["type"] == "snapshot.published" and event["data"] == DATA and event["timestamp"].endswith("Z")
    assert headers["webhook-id"] == delivery.id and headers["content-type"] == "application/json"
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 1, 204)


def test_ed25519_signatures_are_checked_with_the_public_key(records: Engine, receiver: Receiver) -> None:
    clock, hook = Clock(), made(records, receiver.url, "v1a")
    published(records, clock)
    sender(records, clock).work_once()
    headers, body = receiver.got[0]
    version, _, signature = headers["webhook-signature"].partition(",")
    public = str(hook.webhook.public_key).removeprefix("whpk_")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(base64.b64decode(signature), signed)
    assert version == "v1a" and hook.secret.startswith("whsk_")


def test_while_a_secret_is_rotated_both_sign_and_later_the_new_one_alone(records: Engine, receiver: Receiver) -> None:
    clock, hook = Clock(), made(records, receiver.url)
    newer = administration.rotate_secret(records, hook.webhook.webhook, OWNER, clock())
    published(records, clock)
    sender(records, clock).work_once()
    headers, body = receiver.got[0]
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (hook.secret, newer.secret):
        assert Verifier(secret).verify(body, headers)
    clock.later = administration.OVERLAP + 1
    published(records, clock)
    sender(records, clock).work_once()
    assert len(receiver.got[1][0]["webhook-signature"].split(" ")) == 1


def test_it_is_tried_ten_times_at_growing_distances_under_one_id_and_then_given_up(
    records: Engine, receiver: Receiver
) -> None:
    clock = Clock()
    made(records, receiver.url)
    receiver.answers = 10 * [500]
    published(records, clock)
    sending = sender(records, clock)
    assert sending.work_once() and not sending.work_once()
    for pause in RETRIES:
        clock.later += pause - 1
        assert not sending.work_once()
        clock.later += 1
        assert sending.work_once()
    delivery = only(records)
    assert (delivery.state, delivery.attempts, delivery.error) == ("dead", 10, "answered with 500")
    assert len(receiver.got) == 10 and {headers["webhook-id"] for headers, _ in receiver.got} == {delivery.id}
    clock.later += 10 * RETRIES[-1]
    assert not sending.work_once()


def test_a_dead_delivery_can_be_sent_again(records: Engine, receiver: Receiver) -> None:
    clock = Clock()
    made(records, receiver.url)
    published(records, clock)
    delivery = only(records)
    with pytest.raises(StateConflict):
        administration.send_again(records, delivery.id, OWNER, clock())
    webhooks.note_attempt(records, delivery.id, "dead", 10, 500, "answered with 500", clock())
    sender(records, clock).work_once()
    assert receiver.got == []
    administration.send_again(records, delivery.id, OWNER, clock())
    sender(records, clock).work_once()
    assert only(records).state == "delivered" and receiver.got[0][0]["webhook-id"] == delivery.id


def test_a_redirect_is_not_followed_and_counts_as_a_failure(records: Engine, receiver: Receiver) -> None:
    clock = Clock()
    made(records, receiver.url)
    receiver.answers = [302]
    published(records, clock)
    sender(records, clock).work_once()
    assert (len(receiver.got), only(records).state, only(records).error) == (1, "pending", "answered with 302")


def test_410_disables_the_webhook(records: Engine, receiver: Receiver) -> None:
    clock, hook = Clock(), made(records, receiver.url)
    receiver.answers = [410]
    published(records, clock)
    sender(records, clock).work_once()
    assert only(records).state == "dead"
    assert administration.read_webhook(records, hook.webhook.webhook, OWNER).state == "disabled"
    assert webhooks.publish(records, "snapshot.published", DATA, clock()) == 0


def test_what_is_on_its_way_to_a_deleted_webhook_is_given_up(records: Engine, receiver: Receiver) -> None:
    clock, hook = Clock(), made(records, receiver.url)
    published(records, clock)
    administration.delete_webhook(records, hook.webhook.webhook, OWNER)
    sender(records, clock).work_once()
    assert (receiver.got, only(records).state) == ([], "dead")


def test_only_subscribed_types_and_parties_are_sent(records: Engine) -> None:
    made(records, "http://127.0.0.1:9/", parties=["ann"], types=["score.changed", "model.promoted"])
    wanted = [webhooks.publish(records, "score.changed", {"party": party}, 1.0, [party]) for party in ("ann", "bob")]
    others = [webhooks.publish(records, type, {}, 1.0) for type in ("model.promoted", "snapshot.published")]
    assert (wanted, others) == ([1, 0], [1, 0])


def test_webhooks_belong_to_their_owner(records: Engine) -> None:
    hook = made(records, "http://127.0.0.1:9/")
    with pytest.raises(UnknownRecord):
        administration.read_webhook(records, hook.webhook.webhook, OWNER + 1)
    assert administration.list_webhooks(records, OWNER + 1).webhooks == ()
    assert administration.read_webhook(records, hook.webhook.webhook, None) == hook.webhook


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.9", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_these_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_these_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/x", "https://user:p@example.org/",
     "ftp://example.org/", "https://", "https://exa mple.org/", "file:///etc/passwd", "https://example.org:99999/",
     "https://" + 2_000 * "a"],
)  # fmt: skip
def test_these_urls_are_refused(url: str) -> None:
    with pytest.raises((UsageError, AccessError)):
        address_of(url, private=False)


def test_a_name_that_leads_to_this_machine_is_refused_when_it_is_connected_to(
    records: Engine, receiver: Receiver
) -> None:
    """`localhost` is a name that passes as one; where it leads shows only when it is resolved, at the connection."""
    url = f"https://localhost:{receiver.port}/"
    with pytest.raises(NotSent, match="private network"):
        post(address_of(url, private=False), {}, b"{}", private=False)
    clock = Clock()
    made(records, url)
    published(records, clock)
    sender(records, clock, private=False).work_once()
    assert receiver.got == [] and "private network" in str(only(records).error)


def test_a_receiver_that_answers_a_byte_at_a_time_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not ended.wait(0.1):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.getsockname()[1]}/"
            with pytest.raises(NotSent):
                post(address_of(url, private=True), {}, b"{}", private=True, deadline=0.5)
        finally:
            ended.set()
            thread.join()


def test_nobody_at_the_address_is_tried_again(records: Engine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clock = Clock()
    made(records, f"http://127.0.0.1:{port}/")
    published(records, clock)
    sender(records, clock).work_once()
    assert (only(records).state, only(records).status, only(records).error) == (
        "pending",
        None,
        "no answer (ConnectionRefusedError)",
    )
    assert json.loads(only(records).body)["data"] == DATA
