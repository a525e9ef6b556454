"""docs/accuracy.md: the answers of `kith evaluate`, laid out for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.accuracy_tasks import IN_MEMORY, IN_TIME, Mark, Measured, Task

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
    "no_graph": "the same without the graph",
    "link_counts": "counts of links alone",
    "label_propagation": "spreading known outcomes",
    "graph_sage": "GraphSAGE",
    "gpr": "GPR-GNN",
    "no_times": "the same without times",
    "signs_only": "the same from signs alone, without times",
    "ratee_mean": "mean of what others say",
    "fairness_goodness": "fairness and goodness",
    "svd": "matrix factors",
}
INTRODUCTION: Final = """# How accurate Kith is

This page is written by `kith bench accuracy`; change the bench and not the page. Each command below ran in a process of
its own, with the defaults and nothing tuned to a data set. Every row of a table was judged on the same parties or
ratings. What the figures mean stands in [evaluation](evaluation.md).

- **±** is the standard deviation over splits, folds or seeds. Where there is only one split it is left out; the
  interval below the table says what chance does to a difference.
- **Kith** is what serves: trees, a network, and trees that read the own record alone; parties that a member has not
  seen choose how they are mixed. *Trees alone* and *network alone* are the two that read the graph.
- **Who teaches**: parties of train and val teach Kith, in folds; GraphSAGE, GPR-GNN and the published models learn from
  train and stop by val ([more](evaluation.md#who-teaches)).
- **ECE by chance** is what a perfectly calibrated model would show on the same parties, and its 95th percentile.
- **Paired intervals** are 95 % bootstrap intervals over the judged parties, both models from the same run, averaged
  over splits or seeds. The spread over training runs is not in them.
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
            rows.append([result.task.name, mark.says, *_judged(mark, result.measured)])
    return _table(["data", "figure", "found", "mark", "met"], rows)


def _judged(mark: Mark, measured: Measured) -> list[str]:
    found, met = mark.figure(measured), mark.met(measured)
    bound = f"{'<=' if mark.below else '>='} {mark.bound:g}"
    return [_number(found), bound, "not measured" if met is None else "yes" if met else "**no**"]


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
    yield f"{first['n_train']:,} taught and {first['n_test']:,} judged, on average over the splits of a command."
    yield _figures(measured)
    yield _published(result.task)
    if first.get("auroc_difference"):
        yield "Kith less the others, AUROC, with paired 95 % intervals:"
        yield _intervals(measured, "auroc_difference", "less")
    if first.get("ablation"):
        yield "What a category of links adds (AUROC lost when the same model is asked without it):"
        yield _intervals(measured, "ablation", "category")
    yield _cost(measured)
    if len(measured.answers) > 1:
        yield f"In the words of seed {result.task.seeds[0]}:"
    yield "\n".join(f"- {words}" for words in first["words"])


def _figures(measured: Measured) -> str:
    metrics = [metric for metric in METRICS if measured.mean("model", metric) is not None]
    order = [row for row in ROWS if row in measured.rows] + [row for row in measured.rows if row not in ROWS]
    rows = [[ROWS.get(row, row), *(_with_spread(measured, row, metric) for metric in metrics)] for row in order]
    return _table(["model", *(METRICS[metric] for metric in metrics)], rows)


def _with_spread(measured: Measured, row: str, metric: str) -> str:
    found, spread = measured.mean(row, metric), measured.std(row, metric)
    return _number(found) + ("" if spread is None else f" ± {spread:.4f}")


def _published(task: Task) -> str:
    rows = [[one.who, METRICS[one.metric], f"{one.value:g}", one.source] for one in task.published]
    return "Published by others:\n\n" + _table(["who", "figure", "value", "source"], rows) if rows else ""


def _intervals(measured: Measured, part: str, heading: str) -> str:
    names = [name for name in measured.answers[0][part] if all(name in answer[part] for answer in measured.answers)]
    rows = []
    for name in names:
        difference, low, high = measured.interval(part, name)
        rows.append([ROWS.get(name, name), f"{difference:+.4f}", f"{low:+.4f} to {high:+.4f}"])
    return _table([heading, "difference", "95 % interval"], rows)


def _cost(measured: Measured) -> str:
    verdicts = [
        f"{'more' if not mark.met(measured) else 'not more'} than {mark.bound:g}" for mark in (IN_TIME, IN_MEMORY)
    ]
    each = "At most, of one command: " if len(measured.answers) > 1 else ""
    return (
        f"{each}{measured.most('seconds'):.0f} s without the baselines ({verdicts[0]}), "
        f"{measured.most('seconds_baselines'):.0f} s for the baselines, "
        f"{measured.most('peak_mb'):,.0f} MB at the peak ({verdicts[1]})."
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
