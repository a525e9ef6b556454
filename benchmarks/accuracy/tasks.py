"""The tasks of the accuracy bench: data sets, options and seeds, published figures, and the marks to reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

SECONDS: Final = 600.0
MEGABYTES: Final = 6 * 1024.0


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure on the same task."""

    model: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True)
class Measured:
    """The JSON answers of `kith evaluate`, one for each seed, all with the same models.

    stale: at least one was measured before the sources of `gnn/` last changed.
    """

    answers: Sequence[Mapping[str, Any]]
    stale: bool = False

    @property
    def rows(self) -> list[str]:
        """`model` and the baselines."""
        return ["model", *self.answers[0]["baselines"]]

    def mean(self, row: str, metric: str) -> float | None:
        """Mean of a metric over the seeds; None where it was not measured."""
        values = [self._table(answer, row).get(metric) for answer in self.answers]
        return None if None in values else float(np.mean(values))  # type: ignore[arg-type]

    def std(self, row: str, metric: str) -> float | None:
        """Standard deviation of a metric over the seeds, or over the splits where there is one seed."""
        if len(self.answers) == 1:
            over_splits: float | None = self._table(self.answers[0], row).get("std", {}).get(metric)
            return over_splits
        values = [self._table(answer, row).get(metric) for answer in self.answers]
        return None if None in values else float(np.std(values, ddof=1))  # type: ignore[arg-type]

    def interval(self, part: str, name: str) -> list[float]:
        """(difference, low, high) of `auroc_difference` or `ablation`, each averaged over the seeds."""
        return [float(x) for x in np.mean([answer[part][name] for answer in self.answers], axis=0)]

    def most(self, figure: str) -> float:
        """The greatest `seconds`, `seconds_baselines` or `peak_mb` of one answer."""
        return max(float(answer[figure]) for answer in self.answers)

    def _table(self, answer: Mapping[str, Any], row: str) -> Mapping[str, Any]:
        table: Mapping[str, Any] = answer["model"] if row == "model" else answer["baselines"].get(row, {})
        return table


@dataclass(frozen=True, slots=True)
class Mark:
    """A bound that a figure should reach: at least `bound`, or at most where `below`."""

    name: str
    figure: Callable[[Measured], float | None]
    bound: float
    below: bool = False

    def met(self, measured: Measured) -> bool | None:
        """Whether the bound is reached; None where the figure was not measured."""
        value = self.figure(measured)
        if value is None:
            return None
        return value <= self.bound if self.below else value >= self.bound


def of(row: str, metric: str) -> Callable[[Measured], float | None]:
    """The mean of one metric of one model, as a function of what was measured."""
    return lambda measured: measured.mean(row, metric)


def less(ours: tuple[str, str], theirs: tuple[str, str]) -> Callable[[Measured], float | None]:
    """The mean of one (row, metric) less that of another, as a function of what was measured."""

    def difference(measured: Measured) -> float | None:
        a, b = measured.mean(*ours), measured.mean(*theirs)
        return None if a is None or b is None else a - b

    return difference


WITHIN_CHANCE: Final = Mark(
    "ECE less its 95th percentile by chance", less(("model", "ece"), ("model", "ece_chance_p95")), 0.0, below=True
)
IN_TIME: Final = Mark("seconds without the baselines", lambda measured: measured.most("seconds"), SECONDS, below=True)
IN_MEMORY: Final = Mark("peak MB, baselines included", lambda measured: measured.most("peak_mb"), MEGABYTES, below=True)


@dataclass(frozen=True)
class Task:
    """One data set with options of `kith evaluate`; folder is within the data folder, None for the built-in town."""

    name: str
    about: str
    folder: str | None
    options: tuple[str, ...]
    seeds: tuple[int, ...]
    marks: tuple[Mark, ...] = ()
    published: tuple[Published, ...] = ()


PLATONOV: Final = "Platonov et al., ICLR 2023; named in tolokers/README.md"
POLYNORMER: Final = "Deng et al., ICLR 2024; named in tolokers/README.md"
UNCHECKED: Final = "given with the marks, not checked against the paper"
CREDIT: Final = "named in credit_defaulter/README.md"
ALONE: Final = ("--baselines", "none")
BITCOIN: Final = ("--mapping", "bitcoin-otc", "--task")

TASKS: Final = (
    Task(
        "tolokers",
        "Crowd workers who did the same tasks; the outcome is a ban. The ten published splits.",
        "tolokers",
        ("--split", "all"),
        (0,),
        (
            Mark("AUROC", of("model", "auroc"), 0.873),
            Mark("AP", of("model", "ap"), 0.645),
            Mark("AUROC of the network alone", of("network", "auroc"), 0.866),
            WITHIN_CHANCE,
        ),
        (
            Published("no graph", "auroc", 0.730, PLATONOV),
            Published("GCN", "auroc", 0.836, PLATONOV),
            Published("GAT-sep", "auroc", 0.838, PLATONOV),
            Published("Polynormer, first run", "auroc", 0.852, POLYNORMER),
            Published("Polynormer, best", "auroc", 0.859, POLYNORMER),
        ),
    ),
    Task(
        "tolokers, train alone",
        "The same splits, as the published models use them: val chooses, and is neither fitted on nor a known outcome.",
        "tolokers",
        ("--split", "all", "--learn-from", "train", *ALONE),
        (0,),
        (Mark("AUROC", of("model", "auroc"), 0.866),),
        (Published("Polynormer, best", "auroc", 0.859, POLYNORMER),),
    ),
    Task(
        "tolokers, a tenth to train on",
        "A tenth of the outcomes to train on and a tenth to choose by, drawn by the seed; the rest is tested on.",
        "tolokers",
        ("--fractions", "10/10/80", *ALONE),
        (0, 1, 2, 3, 4),
        (Mark("AUROC", of("model", "auroc"), 0.862), Mark("AP", of("model", "ap"), 0.619)),
        (Published("GraphPFN", "auroc", 0.861, UNCHECKED), Published("GraphPFN", "ap", 0.618, UNCHECKED)),
    ),
    Task(
        "sme_china",
        "Small Chinese firms, their people and owners; the outcome is bankruptcy. The authors' split by year.",
        "sme_china",
        ("--split", "split_0"),
        (0,),
        (Mark("AUROC", of("model", "auroc"), 0.8426),),
    ),
    Task(
        "credit_defaulter",
        "Holders of credit cards; links join similar records, so the graph can add nothing. 50/25/25 by the seed.",
        "credit_defaulter",
        ("--max-train-labels", "6000"),
        (20, 21, 22, 23, 24),
        (
            Mark("AUROC less that without the graph", less(("model", "auroc"), ("no_graph", "auroc")), -0.002),
            WITHIN_CHANCE,
        ),
        (
            Published("EDITS-SAGE", "auroc", 0.753, CREDIT),
            Published("boosted trees without a graph", "auroc", 0.768, CREDIT),
        ),
    ),
    Task(
        "german_credit",
        "A thousand applicants; links join similar records. Small and noisy, so five folds.",
        "german_credit",
        ("--mapping", "german-credit", "--folds", "5"),
        (0,),
    ),
    Task(
        "bitcoin_otc, sign of a rating",
        "Who trusts whom in trading bitcoins. A fifth of the ratings is held out, and their sign is predicted.",
        "bitcoin_otc",
        (*BITCOIN, "trust-sign"),
        (1, 2, 3, 4, 5),
        (
            Mark("AUROC", of("model", "auroc"), 0.983),
            Mark("macro F1", of("model", "macro_f1"), 0.910),
            Mark("AUROC from signs only", of("signs_only", "auroc"), 0.960),
            Mark("AUROC without times", of("no_times", "auroc"), 0.960),
        ),
        (
            Published("DINES, signs only", "auroc", 0.950, UNCHECKED),
            Published("DINES, signs only", "macro_f1", 0.860, UNCHECKED),
        ),
    ),
    Task(
        "bitcoin_otc, weight of a rating",
        "Each rating / 10 is predicted with every other one known, by a model trained on the other folds.",
        "bitcoin_otc",
        (*BITCOIN, "trust-weight", "--leave-one-out"),
        (1,),
        (
            Mark("RMSE", of("model", "rmse"), 0.205, below=True),
            Mark("PCC", of("model", "pcc"), 0.82),
        ),
        (
            Published("best published", "rmse", 0.26, UNCHECKED),
            Published("best published", "pcc", 0.66, UNCHECKED),
        ),
    ),
    Task(
        "town",
        "The built-in town: 5,000 invented parties with planted rings, contagion and decoys, seed 0. 50/25/25.",
        None,
        (),
        (0,),
    ),
)
