"""Digests of what Kith answers on three networks, to show that a change of the code changed no answer.

    python -m benchmarks.digests [--only NAME] [--seed N]

One line a network and kind of answer: SHA-256 over every score, over the numbers of some explanations and of some
relationships, and over the rings. Everything goes through the commands, and only values are hashed, so that files,
functions and keys of the JSON may be renamed. Two versions of Kith that print the same lines on one machine answer the
same bits.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

DATA: Final = Path(__file__).parents[1] / ".." / "shared" / "data"
ASKED: Final = 12  # parties explained, and pairs asked about, of each network
NETWORKS: Final = ("town", "tolokers", "sme_china")


def main() -> None:
    """Print the digests."""
    parser = argparse.ArgumentParser(description="Digests of scores, explanations, relationships and rings.")
    parser.add_argument("--only", choices=NETWORKS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for name in NETWORKS if arguments.only is None else [arguments.only]:
        with tempfile.TemporaryDirectory(prefix="kith-digests-") as folder:
            for kind, digest in digests(name, Path(folder), arguments.seed):
                print(f"{name:10} {kind:14} {digest}", flush=True)


def digests(name: str, folder: Path, seed: int) -> Iterator[tuple[str, str]]:
    """(kind of answer, SHA-256 shortened to 16 digits) of one network, trained with this seed."""
    source = _town(folder / "town", seed) if name == "town" else _training_part(DATA / name, folder / "facts")
    os.environ["KITH_HOME"] = str(folder / "home")
    for command in (["load", str(source)], ["snapshot"], ["train", "--seed", str(seed)]):
        _kith(folder, *command)
    out = folder / "scores.parquet"
    _kith(folder, "score", "--all", "--out", str(out))
    scores = pq.read_table(out, columns=["party", "score", "probability", "level"]).to_pylist()
    yield "scores", _digest(sorted(map(str, scores)))
    parties = sorted(row["party"] for row in scores if row["score"] is not None)
    chosen = parties[:: max(1, len(parties) // ASKED)][:ASKED]
    yield "explanations", _digest([_numbers(_kith(folder, "explain", party)) for party in chosen])
    pairs = zip(chosen, chosen[1:] + chosen[:1], strict=True)
    yield (
        "relationships",
        _digest([_numbers(_kith(folder, "relationship", a, b, "--exposure", "1000")) for a, b in pairs]),
    )
    yield "rings", _digest(sorted(json.dumps(_rings(ring)) for ring in _kith(folder, "rings")["rings"]))


def _town(folder: Path, seed: int) -> Path:
    from loaders.synthetic.town import write_town

    write_town(folder, 2000, seed)
    return folder


def _training_part(source: Path, folder: Path) -> Path:
    """A copy of the folder that knows the outcomes of split_0's train and val parties alone."""
    folder.mkdir()
    with (source / "splits.csv").open(newline="", encoding="utf-8") as file:
        learnt_from = {row["id"] for row in csv.DictReader(file) if row["split_0"] in {"train", "val"}}
    for path in source.iterdir():
        if path.stem in {"parties", "relationships"}:
            (folder / path.name).symlink_to(path.resolve())
    with (
        (source / "outcomes.csv").open(newline="", encoding="utf-8") as file,
        (folder / "outcomes.csv").open("w", newline="", encoding="utf-8") as out,
    ):
        rows = csv.reader(file)
        csv.writer(out).writerows([next(rows), *(row for row in rows if row[0] in learnt_from)])
    return folder


def _kith(folder: Path, *arguments: str) -> dict[str, Any]:
    """The JSON of a command that is run in this process."""
    from cli.main import run

    answer = folder / "answer.json"
    with contextlib.redirect_stdout(io.StringIO()):
        code = run([*arguments, "--json", str(answer)])
    if code:
        raise SystemExit(f"kith {' '.join(arguments)} ended with {code}")
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for part in [value[key] for key in value if key != "odds0"] if isinstance(value, dict) else value:
            yield from _leaves(part)
    else:
        yield value


def _numbers(answer: Any) -> list[str]:
    """Every number of an answer, in an order that does not depend on names."""
    return sorted(
        repr(leaf) for leaf in _leaves(answer) if isinstance(leaf, int | float) and not isinstance(leaf, bool)
    )


def _rings(ring: Any) -> list[str]:
    """Members, numbers and codes of a ring; sentences are left out."""
    return sorted(repr(leaf) for leaf in _leaves(ring) if not isinstance(leaf, str) or " " not in leaf)


def _digest(parts: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
