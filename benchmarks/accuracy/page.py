"""docs/accuracy.md: the answers of `kith evaluate` as a page of Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.accuracy.tasks import IN_MEMORY, IN_TIME, Mark, Measured, Task

METRICS: Final[Mapping[str, str]] = {
    "auroc": "AUROC",
    "ap": "AP",
    "macro_f1": "macro F1",
    "rmse": "RMSE",
    "pcc": "PCC",
    "mae": "MAE",
    "brier": "Brier",
    "ece": "ECE",
    "ece_chance_mean": "ECE by chance",
    "ece_chance_p95": "95th percentile",
}
ROWS: Final[Mapping[str, str]] = {
    "model": "**Kith**",
    "trees": "trees alone",
    "network": "network alone",
    "positions": "positions alone",
    "no_graph": "the same without the graph",
    "link_counts": "link counts",
    "label_propagation": "label propagation",
    "graph_sage": "GraphSAGE",
    "gpr": "GPR-GNN",
    "no_times": "the same without times",
    "signs_only": "the same from signs alone, without times",
    "ratee_mean": "mean rating of the ratee",
    "fairness_goodness": "fairness and goodness",
    "svd": "matrix factorisation",
}
INTRODUCTION: Final = """# How accurate Kith is

This page is written by `kith bench accuracy`; change the bench and not the page. Each command below ran in a process of
its own, with the defaults and nothing tuned to a data set. All models of a table were tested on the same parties or
ratings. [Evaluation](evaluation.md) says what the figures mean.

- **±** is the standard deviation over splits, folds or seeds. Where there is only one split it is left out; the
  interval below the table shows how far chance moves a difference.
- **Kith** is the ensemble that serves: boosted trees, trees that also read positions where a network has them, a gated
  network, and trees on the own record alone, weighted by cross-fitted predictions. *Trees alone*, *positions alone* and
  *network alone* are the base learners that read the graph.
- **Train**: Kith is trained on train and val together, in folds; GraphSAGE, GPR-GNN and the published models on train,
  and stop by val ([more](evaluation.md#what-models-are-trained-on)).
- **ECE by chance** is the mean ECE of a perfectly calibrated model on the same parties, and its 95th percentile.
- **Paired intervals** are 95 % bootstrap intervals over the test parties, both models from the same run, averaged over
  splits or seeds. The variance over training runs is not in them.
- **Seconds** depend on what else the machine does. **Peak memory** is that of the whole process, baselines included.
"""


@dataclass(frozen=True)
class Result:
    """A task, its command line without the seed, and what was measured or why nothing was."""

    task: Task
    command: Sequence[str]
    measured: Measured | None
    missing: str = ""


def page(results: Sequence[Result]) -> str:
    """The whole page in Markdown."""
    machine = f"Measured with {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}."
    parts = [INTRODUCTION, machine, "## Marks", _marks(results)]
    for result in results:
        parts += _section(result)
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _marks(results: Sequence[Result]) -> str:
    rows = []
    for result in results:
        if result.measured is None:
            rows.append([result.task.name, result.missing, "", "", "not measured"])
            continue
        for mark in result.task.marks:
            rows.append([result.task.name, mark.name, *_reached(mark, result.measured)])
    return _table(["data", "figure", "measured", "mark", "met"], rows)


def _reached(mark: Mark, measured: Measured) -> list[str]:
    value, met = mark.figure(measured), mark.met(measured)
    bound = f"{'<=' if mark.below else '>='} {mark.bound:g}"
    return [_number(value), bound, "not measured" if met is None else "yes" if met else "**no**"]


def _section(result: Result) -> Iterator[str]:
    yield f"## {result.task.name}"
    yield result.task.about
    yield f"    kith {' '.join(result.command)} --seed {'|'.join(map(str, result.task.seeds))}"
    measured = result.measured
    if measured is None:
        yield f"**Not measured:** {result.missing}."
        return
    if measured.stale:
        yield "**Older figures:** the sources of `gnn/` have changed since. Run the bench again."
    first = measured.answers[0]
    yield f"Trained on {first['n_train']:,} and tested on {first['n_test']:,}, on average over the splits of a command."
    yield _figures(measured)
    yield _published(result.task)
    if first.get("auroc_difference"):
        yield "Kith less the others, AUROC, with paired 95 % intervals:"
        yield _intervals(measured, "auroc_difference", "less")
    if first.get("ablation"):
        yield "Ablation (AUROC that the same model loses without the links of one category):"
        yield _intervals(measured, "ablation", "category")
    yield _cost(measured)
    if len(measured.answers) > 1:
        yield f"Findings of seed {result.task.seeds[0]}:"
    yield "\n".join(f"- {finding['text']}" for finding in first["findings"])


def _figures(measured: Measured) -> str:
    metrics = [metric for metric in METRICS if measured.mean("model", metric) is not None]
    order = [row for row in ROWS if row in measured.rows] + [row for row in measured.rows if row not in ROWS]
    rows = [[ROWS.get(row, row), *(_with_std(measured, row, metric) for metric in metrics)] for row in order]
    return _table(["model", *(METRICS[metric] for metric in metrics)], rows)


def _with_std(measured: Measured, row: str, metric: str) -> str:
    mean, std = measured.mean(row, metric), measured.std(row, metric)
    return _number(mean) + ("" if std is None else f" ± {std:.4f}")


def _published(task: Task) -> str:
    rows = [[one.model, METRICS[one.metric], f"{one.value:g}", one.source] for one in task.published]
    return "Published figures:\n\n" + _table(["model", "metric", "value", "source"], rows) if rows else ""


def _intervals(measured: Measured, part: str, heading: str) -> str:
    names = [name for name in measured.answers[0][part] if all(name in answer[part] for answer in measured.answers)]
    rows = []
    for name in names:
        difference, low, high = measured.interval(part, name)
        rows.append([ROWS.get(name, name), f"{difference:+.4f}", f"{low:+.4f} to {high:+.4f}"])
    return _table([heading, "difference", "95 % interval"], rows)


def _cost(measured: Measured) -> str:
    within = [
        f"{'more' if not mark.met(measured) else 'not more'} than {mark.bound:g}" for mark in (IN_TIME, IN_MEMORY)
    ]
    each = "At most, of one command: " if len(measured.answers) > 1 else ""
    return (
        f"{each}{measured.most('seconds'):.0f} s without the baselines ({within[0]}), "
        f"{measured.most('seconds_baselines'):.0f} s for the baselines, "
        f"{measured.most('peak_mb'):,.0f} MB at the peak ({within[1]})."
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
