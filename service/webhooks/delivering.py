"""Jobs that deliver an event to a webhook: ten attempts over three days, as Standard Webhooks advises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from graph.errors import AccessError, UsageError
from service.job_worker import Progress, RetryAt
from service.records import webhooks
from service.records.jobs import Job
from service.records.webhooks import Delivery, Webhook
from service.webhooks.sending import NotSent, address_of, post
from service.webhooks.signing import headers

GONE: Final = 410  # the receiver wants nothing more
# Seconds after each failed attempt until the next; after the tenth attempt there is none.
RETRIES: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)


@dataclass(frozen=True)
class Delivering:
    """Does jobs of the kind `webhook_delivery`. private: whether addresses of private networks are allowed."""

    records: Engine
    private: bool
    clock: Callable[[], float] = time.time

    def __call__(self, job: Job, progress: Progress) -> Any:
        """The state in which the delivery ended. Raises RetryAt while there are attempts left."""
        delivery = webhooks.delivery(self.records, job.request["delivery"])
        if delivery is None or delivery.state != "pending":
            return None
        webhook = webhooks.get(self.records, delivery.webhook)
        if webhook is None or webhook.state != "active":
            gone = "was deleted" if webhook is None else "is disabled"
            return self._note(delivery, "dead", delivery.attempts, None, f"the webhook {gone}")
        status, error = self._attempt(webhook, delivery)
        attempts = delivery.attempts + 1
        if status is not None and 200 <= status < 300:
            return self._note(delivery, "delivered", attempts, status, None)
        if status == GONE:
            webhooks.disable(self.records, webhook.id)
            return self._note(delivery, "dead", attempts, status, "the receiver wants nothing more (410)")
        if attempts > len(RETRIES):
            return self._note(delivery, "dead", attempts, status, error)
        self._note(delivery, "pending", attempts, status, error)
        raise RetryAt(error, self.clock() + RETRIES[attempts - 1])

    def _attempt(self, webhook: Webhook, delivery: Delivery) -> tuple[int | None, str]:
        """The status that the receiver answered with, None for none, and what went wrong if something did."""
        try:
            address = address_of(webhook.url, self.private)
            signed = headers(webhook, delivery.id, self.clock(), delivery.body)
            status = post(address, signed, delivery.body.encode(), self.private)
        except (NotSent, UsageError, AccessError) as error:
            return None, str(error)
        return status, f"answered with {status}"

    def _note(self, delivery: Delivery, state: str, attempts: int, status: int | None, error: str | None) -> str:
        webhooks.note_attempt(self.records, delivery.id, state, attempts, status, error, self.clock())
        return state
