"""One propagation step beside torch.sparse CSR, torch-geometric's scatter and what the memory could carry at best.

The network is an R-MAT graph; every side gets the same float32 rows, on the exact grid, and THREADS threads. Counted:

ours     `gnn.propagation.spmm.spmm` over a plan made before: bringing the rows that come in into its
         order, the sums in float64, putting them back in the parties' order. Making the plan, once for many steps, is
         not counted.
torch    `A @ x`, A a torch.sparse CSR matrix of ones with int32 indices and its links as loaded; float32 sums.
scatter  `torch_geometric.utils.scatter` of the gathered rows `x[source]`; float32 sums.
bound    the bytes one step touches if nothing stays in the cache (a row and an index for each link, the sums and row
         ends for each party) over the rate of a triad `a = b + s * c`, counted as STREAM does: three arrays.

All take turns, so that other work on the machine hits all of them; figures are medians. What is timed is the second of
two steps in a row: a virtual machine that has given freed memory back to its host may wait for it longer than the step
takes, while the triad has its arrays already. Memory is what a side holds beside the rows that come in, and what it
needs at most during a step. Smaller: `python -m benchmarks.propagation [SCALE LINKS]`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt
import torch
from torch_geometric.utils import scatter

from benchmarks.rmat import rmat
from benchmarks.rows import row
from gnn.arrays import on_grid
from gnn.propagation.spmm import Adjacency, prepare, spmm

TURNS: Final = {1: 15, 16: 5, 64: 3}  # at each width: the shorter a step, the more other work disturbs it
THREADS: Final = 2
TRIAD: Final = 1 << 25  # values in each array of the triad: 128 MiB, more than any cache holds
MIB: Final = 2**20

Act = Callable[[], object]


@numba.njit(nogil=True)
def _triad(a: Any, b: Any, c: Any) -> None:
    for i in range(len(a)):
        a[i] = b[i] + np.float32(3.0) * c[i]


def triad(values: int) -> Act:
    """A triad over three float32 arrays, cut in one piece for each thread; it moves 12 bytes a value."""
    arrays = [np.ones(values, np.float32) for _ in range(3)]
    pieces = list(zip(*(np.array_split(array, THREADS) for array in arrays), strict=True))

    def act() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda piece: _triad(*piece), pieces))

    return act


def seconds(act: Act) -> float:
    """Of the second of two in a row."""
    act()
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def medians(acts: list[Act], turns: int) -> list[float]:
    """Median seconds of each, taking turns after one turn to warm up."""
    times = [[seconds(act) for act in acts] for _ in range(turns + 1)]
    return [statistics.median(each) for each in zip(*times[1:], strict=True)]


def peak(act: Act) -> float:
    """MiB that the act needs at most beyond what is resident now. Linux only: the kernel's own high-water mark."""
    Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM back to VmRSS
    before = _resident("VmRSS")
    act()
    return (_resident("VmHWM") - before) / MIB


def _resident(field: str) -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field)]
    return int(line.split()[1]) * 1024


def adjacency_of(source: npt.NDArray[np.int32], target: npt.NDArray[np.int32], n: int) -> Adjacency:
    """The links by target, in the order in which they were loaded."""
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(target, minlength=n), out=indptr[1:])
    return Adjacency(indptr, source[np.argsort(target, kind="stable")])


def step_bytes(n: int, links: int, width: int) -> int:
    """Bytes one step touches without a cache: float32 rows and int32 indices in, float64 sums and row ends out."""
    return links * (4 * width + 4) + n * (8 * width + 8)


@dataclass(frozen=True, slots=True)
class Side:
    """One way to do the step: the MiB it holds ready, and the step from rows float32[n, w]."""

    name: str
    held: float
    step: Callable[[npt.NDArray[np.float32]], object]


def sides(scale: int, links: int, seed: int) -> tuple[Side, Side, Side]:
    """Ours, torch.sparse CSR and scatter, over the same network; torch shares the memory of the rows it is given."""
    n = 1 << scale
    source, target = rmat(scale, links, seed)
    adjacency = adjacency_of(source, target, n)
    plan = prepare(adjacency)
    ends, senders = torch.from_numpy(adjacency.indptr.astype(np.int32)), torch.from_numpy(adjacency.indices)
    matrix = torch.sparse_csr_tensor(ends, senders, torch.ones(links), size=(n, n))
    gathered, into = torch.from_numpy(source.astype(np.int64)), torch.from_numpy(target.astype(np.int64))
    ready = sum(array.nbytes for array in (plan.indptr, plan.indices, plan.rows, plan.sources, plan.borders))
    return (
        Side("ours", ready / MIB, lambda x: spmm(plan, x, THREADS)),
        Side("torch.sparse CSR", (8 * links + 4 * n) / MIB, lambda x: matrix @ torch.from_numpy(x)),
        Side(
            "torch-geometric scatter",
            16 * links / MIB,
            lambda x: scatter(torch.from_numpy(x)[gathered], into, dim=0, dim_size=n, reduce="sum"),
        ),
    )


def width_rows(each: tuple[Side, Side, Side], x: npt.NDArray[np.float32], bound: float, turns: int) -> list[Any]:
    """Time and memory at one width; `bound` is the bytes of a step over those of a triad."""
    ours, csr, scattered = each
    acts: list[Act] = [partial(side.step, x) for side in each]
    stream = triad(TRIAD)
    found, expected = np.asarray(ours.step(x)), np.asarray(csr.step(x))
    assert np.abs(found - expected).max() <= 1e-4 * max(np.abs(found).max(), 1.0)
    del found, expected
    mine, theirs, slow, carried = (1000 * each for each in medians([*acts, stream], turns))
    need, csr_need, slow_need = (side.held + peak(act) for side, act in zip(each, acts, strict=True))
    case, memory = f"width {x.shape[1]}", f"width {x.shape[1]}, memory"
    return [
        row(case, mine, csr.name, theirs, "ms"),
        row(case, mine, scattered.name, slow, "ms"),
        row(case, mine, "memory bound", carried * bound, "ms"),
        row(memory, need, csr.name, csr_need, "MiB"),
        row(memory, need, scattered.name, slow_need, "MiB"),
    ]


def run(scale: int = 20, links: int = 20_000_000, seed: int = 0) -> dict[str, Any]:
    """Rows of `kith bench propagation` for 2**scale parties; ratio > 1 where we are ahead."""
    torch.set_num_threads(THREADS)
    warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
    each, random, n = sides(scale, links, seed), np.random.default_rng(seed), 1 << scale
    rows = []
    for width, turns in TURNS.items():
        x = on_grid(random.standard_normal((n, width), np.float32))
        rows += width_rows(each, x, step_bytes(n, links, width) / (12 * TRIAD), turns)
    return {"name": "propagation", "parties": n, "links": links, "threads": THREADS, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))
