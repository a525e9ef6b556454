"""What an answer leads to: OpenAPI links, by which a program goes from one answer to the next question.

Each says of an operation's answer which of its values is a parameter of which other operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Operation, where in its answer a value stands, the name of the parameter that it is, the operations that take it.
Leads = tuple[str, str, str, tuple[str, ...]]
OF_A_PARTY: Final = (
    "export_surroundings", "get_expansion", "get_explanation", "get_neighbours", "get_party", "get_profile",
    "get_score",
)  # fmt: skip
LEADS: Final[tuple[Leads, ...]] = (
    ("search_parties", "/parties/0/party", "path.id", OF_A_PARTY),
    ("find_rings", "/rings/0/members/0/party", "path.id", OF_A_PARTY),
    ("get_neighbours", "/neighbours/0/party", "path.id", OF_A_PARTY),
    ("get_expansion", "/parties/0/party", "path.id", OF_A_PARTY),
    ("list_alerts", "/alerts/0/party", "path.id", OF_A_PARTY),
    ("get_score", "/receipt", "path.receipt", ("get_receipt",)),
    ("get_scores", "/scores/0/receipt", "path.receipt", ("get_receipt",)),
    ("begin_score_batch", "/job", "path.job", ("get_job",)),
    ("list_jobs", "/jobs/0/job", "path.job", ("get_job",)),
    ("open_case", "/case", "path.case", ("get_case", "get_case_report")),
    ("list_cases", "/cases/0/case", "path.case", ("get_case", "get_case_report")),
    ("list_alerts", "/alerts/0/alert", "path.alert", ("get_alert",)),
    ("keep_view", "/view", "path.view", ("get_view",)),
    ("make_webhook", "/webhook/webhook", "path.webhook", ("get_webhook", "rotate_webhook_secret", "delete_webhook")),
    ("list_webhooks", "/webhooks/0/webhook", "path.webhook", ("get_webhook",)),
    ("list_deliveries", "/deliveries/0/delivery", "path.delivery", ("send_again",)),
    ("open_dispute", "/dispute/dispute", "path.dispute", ("get_dispute",)),
    ("list_disputes", "/disputes/0/dispute/dispute", "path.dispute", ("get_dispute",)),
    ("list_notices", "/notices/0/id", "path.notice", ("get_notice",)),
    *(
        (operation, "/next", "query.cursor", (operation,))
        for operation in (
            "find_rings", "get_expansion", "get_neighbours", "list_accesses", "list_alerts", "list_cases",
            "list_deliveries", "list_disputes", "list_jobs", "list_notices", "search_parties",
        )
    ),
)  # fmt: skip
# What an answer may change, by the version that it has.
CHANGES: Final = {
    "get_alert": ("alert", "change_alert"),
    "get_case": ("case", "change_case"),
    "get_dispute": ("dispute", "move_dispute"),
}


def links_of(operation: str) -> dict[str, Any]:
    """The OpenAPI links of an operation's answer, by name."""
    found: dict[str, Any] = {}
    for source, pointer, parameter, targets in LEADS:
        for target in targets if source == operation else ():
            # A page that follows another is asked for like that one.
            kept = {"path.id": "$request.path.id"} if parameter == "query.cursor" and target in OF_A_PARTY else {}
            found[f"{target}_of_{parameter.partition('.')[2]}"] = _link(
                target, kept | {parameter: f"$response.body#{pointer}"}
            )
    if operation in CHANGES:
        name, target = CHANGES[operation]
        sent = {f"path.{name}": f"$request.path.{name}", "header.If-Match": "$response.header.ETag"}
        found[target] = _link(target, sent)
    return found


def _link(operation: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {"operationId": operation, "parameters": dict(parameters)}


def add_links(operation: Any) -> None:
    """Add its links to the answer of an operation, as it stands in the description."""
    links = links_of(operation["operationId"])
    for status, response in operation["responses"].items():
        if links and status.startswith("2"):
            response["links"] = links
