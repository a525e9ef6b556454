"""Does a model trained on links of one context predict outcomes from links of another, where the answer is planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from gnn.evaluation.context_transfer import ContextPair, ContextTransfer, evaluate_context_transfer
from gnn.evaluation.findings import Code
from gnn.features.targets import outcomes_as_labels
from gnn.training.splits import stratified
from graph.errors import TrainingError
from graph.schema import Outcome, Party, Relationship
from service.evaluation.contexts import snapshot_of_context
from tests.gnn.networks import Facts


def shoppers(transfers: bool, parties: int = 500) -> Facts:
    """The unsound buy large online; offline they do the same, or the reverse. Shops are chance."""
    random = np.random.default_rng(0)
    worth = random.normal(size=parties)
    people = [Party(f"p{i:04}", "Person", attributes={"luck": float(random.normal())}) for i in range(parties)]
    shops = [Party(f"shop{i:02}", "Merchant") for i in range(30)]
    links = []
    for i in range(parties):
        for n, context in enumerate(["online"] * 3 + ["offline"] * 3):
            sign = -1.0 if context == "online" or transfers else 1.0
            amount = float(np.exp(3 + sign * worth[i] + 0.5 * random.normal()))
            shop = f"shop{random.integers(30):02}"
            links.append(Relationship(f"p{i:04}", shop, "ORDERS_FROM", str(n), amount=amount, context=context))
    bad = random.random(parties) < expit(-1 - 2 * worth)
    outcomes = [Outcome(f"p{i:04}", "default" if bad[i] else "good", "1") for i in range(parties)]
    return Facts([*people, *shops], links, outcomes)


def transfer(facts: Facts, folder: Path) -> ContextTransfer:
    online, offline = (snapshot_of_context(facts.store(), one, folder / one) for one in ("online", "offline"))
    y = outcomes_as_labels(online)
    return evaluate_context_transfer(ContextPair(online, offline, ("online", "offline"), [stratified(y, 0)]), y, seed=0)


@pytest.mark.slow
def test_conduct_that_is_alike_in_both_contexts_transfers(tmp_path: Path) -> None:
    found = transfer(shoppers(True), tmp_path)
    assert found.transferred_gain.low > 0 and found.transferred_auroc > 0.7
    assert found.finding().code == Code.TRANSFER_HELPS


@pytest.mark.slow
def test_conduct_that_is_reversed_in_the_other_context_misleads(tmp_path: Path) -> None:
    found = transfer(shoppers(False), tmp_path)
    assert found.in_context_gain.low > 0  # offline conduct predicts outcomes, to a model that is trained offline
    assert found.transferred_auroc < 0.5 and found.transferred_gain.high < 0
    assert found.finding().code == Code.TRANSFER_HURTS


def test_a_context_has_only_its_links_and_every_party(tmp_path: Path) -> None:
    people = [Party(name, "Person") for name in "abc"]
    links = [
        Relationship("a", "b", "PAYS", "1", context="online"),
        Relationship("b", "c", "PAYS", "1", context="offline"),
        Relationship("c", "a", "KNOWS", "1"),
    ]
    online = snapshot_of_context(Facts(people, links).store(), "online", tmp_path / "online")
    assert online.n_parties == 3
    assert {name: info.links for name, info in online.kinds.items()} == {"PAYS": 1}
    assert online.links("PAYS").out_target[0] == online.row_of("b")


def test_too_few_links_of_a_context_are_refused(tmp_path: Path) -> None:
    facts = shoppers(True, 100)
    only_online = Facts(facts.parties, [one for one in facts.relationships if one.context == "online"], facts.outcomes)
    with pytest.raises(TrainingError, match="online or offline"):
        transfer(only_online, tmp_path)
