"""Work over features stops at the next block of columns once nobody waits for it, however many links a party has."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from gnn.scoring.incremental import changed_values
from gnn.scoring.scenario import scenario
from gnn.scoring.terms import Terms
from graph.cancellation import Cancellation, cancelled_by
from graph.errors import Cancelled
from graph.purposes import PURPOSES
from graph.snapshots.overlay import Cure
from service.answers.explanations import explanation
from service.context import ServingContext
from tests.gnn.networks import Trained

ALL = PURPOSES["fraud_investigation"]
LONG = 600.0  # seconds


class AskerWhoLeaves(Cancellation):
    """Stops the work at its step `leaves_at` until the asker has gone, and counts the steps."""

    def __init__(self, leaves_at: int) -> None:
        super().__init__(LONG)
        self.steps, self._leaves_at = 0, leaves_at
        self.reached, self.gone = threading.Event(), threading.Event()

    def check(self) -> None:
        self.steps += 1
        if self.steps == self._leaves_at:
            self.reached.set()
            assert self.gone.wait(60)
        super().check()


def steps_of(work: Callable[[], object]) -> int:
    """How many steps the work has when nobody leaves."""
    asker = AskerWhoLeaves(0)
    with cancelled_by(asker):
        work()
    return asker.steps


def stopped_at(work: Callable[[], object], step: int) -> int:
    """The step at which the work ended whose asker left, in another thread, during this one."""
    asker, ended = AskerWhoLeaves(step), list[type[Exception] | None]()

    def answer() -> None:
        with cancelled_by(asker):
            try:
                work()
                ended.append(None)
            except Cancelled as error:
                ended.append(type(error))

    thread = threading.Thread(target=answer)
    thread.start()
    assert asker.reached.wait(60)
    asker.cancel()
    asker.gone.set()
    thread.join(60)
    assert ended == [Cancelled]
    return asker.steps


def hub(hamlet: Trained) -> int:
    """The party with most neighbours in the category money."""
    neighbours = hamlet.scorer.table.state.categories["money"].neighbours
    return int(np.argmax(neighbours.degree(np.arange(hamlet.snapshot.n_parties))))


@pytest.mark.slow
@pytest.mark.parametrize("what", ["explanation", "simulation"])
def test_an_answer_about_a_hub_stops_at_any_of_its_steps(hamlet: Trained, what: str) -> None:
    context, row = ServingContext(hamlet.snapshot, hamlet.model, "model"), hub(hamlet)
    scorer, id = context.scorer(ALL), hamlet.snapshot.id_of(row)
    work: dict[str, Callable[[], object]] = {
        "explanation": lambda: explanation(context, id, ALL),
        "simulation": lambda: scenario(scorer, [row], Terms(ALL.categories)),
    }
    steps = steps_of(work[what])
    assert steps >= len(hamlet.model.spec.categories)
    for step in {1, steps // 2, steps}:
        assert stopped_at(work[what], step) == step


def test_one_change_that_an_explanation_tries_has_a_step_for_each_block(hamlet: Trained) -> None:
    row, table = hub(hamlet), hamlet.scorer.table
    neighbour = int(table.state.categories["money"].neighbours.lists(np.array([row]))[1][0])
    reached = [b for b in hamlet.model.spec.blocks if "money" in b.needs]
    assert steps_of(lambda: changed_values(table, np.array([row]), [Cure(neighbour)])) >= 2 * len(reached) - 1
