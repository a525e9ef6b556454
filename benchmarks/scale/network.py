"""A seeded network of any size for `kith bench scale`: power-law degrees, eight kinds, attributes, outcomes.

It is a reader of facts, so a snapshot of it is built as of any store's. Parties live in communities that share a risk,
which their attributes show dimly and their links spread: what is known of others then foretells outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.schema import OUTCOMES, PARTIES, RELATIONSHIP_KINDS, RELATIONSHIPS, RelationshipKind

KINDS: Final = ("CALLS", "KNOWS", "PAYS", "LENDS_TO", "GUARANTEES", "WORKED_WITH", "FOLLOWS", "RELATIVE_OF")
SHARES: Final = (0.25, 0.15, 0.25, 0.05, 0.02, 0.1, 0.1, 0.08)  # of the links, by kind
ATTRIBUTES: Final = 12
OUTCOME_SHARE: Final = 0.02
NEAR: Final = 0.7  # of the links stay in a community
COMMUNITY: Final = 200  # parties
EXPONENT: Final = 2.5  # of the power law of degrees
CHUNK: Final = 500_000
HELD_OUT: Final = 50_000  # parties whose outcomes test and are no facts
BEGIN: Final = 1_600_000_000.0
END: Final = 1_700_000_000.0

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ScaleNetwork:
    """The facts of a made-up network; the same numbers and seed give the same facts."""

    parties: int
    links: int
    seed: int = 0
    outcome_share: float = OUTCOME_SHARE

    @property
    def name(self) -> str:
        return f"scale {self.parties}/{self.links}"

    def revision(self) -> int:
        """The only revision."""
        return 1

    def kinds(self) -> dict[str, RelationshipKind]:
        """The built-in kinds."""
        return dict(RELATIONSHIP_KINDS)

    def protected(self) -> frozenset[str]:
        """No further protected columns."""
        return frozenset()

    @cached_property
    def ids(self) -> pa.Array:
        """The ids of all parties."""
        return pa.array([f"p{number:09d}" for number in range(self.parties)], pa.string())

    @cached_property
    def risk(self) -> Doubles:
        """The latent risk of each party: its community's and its own, float64[parties]."""
        random = np.random.default_rng([self.seed, 1])
        communities = -(-self.parties // COMMUNITY)
        shared = random.normal(0, 1, communities)[np.arange(self.parties) // COMMUNITY]
        return np.asarray(shared + random.normal(0, 0.7, self.parties), np.float64)

    @cached_property
    def _popularity(self) -> Doubles:
        """The cumulative share of links that each party draws, by a power law of random rank."""
        random = np.random.default_rng([self.seed, 2])
        weight = (1.0 + random.permutation(self.parties)) ** (-1.0 / (EXPONENT - 1.0))
        return np.asarray(np.cumsum(weight) / weight.sum(), np.float64)

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Persons with ATTRIBUTES numbers, of which the first four show the risk dimly."""
        random = np.random.default_rng([self.seed, 3])
        for start in range(0, self.parties, CHUNK):
            ids = self.ids.slice(start, CHUNK)
            k = len(ids)
            values = random.normal(0, 1, (k, ATTRIBUTES)).round(4)
            values[:, :4] += 0.3 * self.risk[start : start + k, None].round(4)
            texts = [
                "{" + ",".join(f'"a{i:02d}":{value:.4f}' for i, value in enumerate(row)) + "}"
                for row in values.tolist()
            ]
            none = pa.nulls(k, pa.float64())
            columns = [ids, _same("Person", k), pa.nulls(k, pa.string()), pa.array(texts), _same(False, k), none, none]
            yield _with_origin(columns, PARTIES)

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Links whose sources follow the power law, and most of whose targets are of the source's community."""
        random = np.random.default_rng([self.seed, 4])
        cuts = np.cumsum(SHARES)[:-1]
        for start in range(0, self.links, CHUNK):
            k = min(CHUNK, self.links - start)
            source = np.searchsorted(self._popularity, random.random(k)).clip(max=self.parties - 1)
            far = np.searchsorted(self._popularity, random.random(k)).clip(max=self.parties - 1)
            home = source // COMMUNITY * COMMUNITY
            near = (home + random.integers(0, COMMUNITY, k)).clip(max=self.parties - 1)
            target = np.where(random.random(k) < NEAR, near, far)
            kind = np.searchsorted(cuts, random.random(k))
            first = random.uniform(BEGIN, END, k).round()
            amount = np.where(kind < 2, np.nan, np.exp(random.normal(4, 1, k)).round(2))
            batch = _with_origin(
                [
                    self.ids.take(pa.array(source)),
                    self.ids.take(pa.array(target)),
                    pa.DictionaryArray.from_arrays(pa.array(kind, pa.int8()), pa.array(KINDS)).cast(pa.string()),
                    pa.array(np.arange(start, start + k)).cast(pa.string()),
                    pa.nulls(k, pa.float64()),
                    pa.array(first),
                    pa.array(first),
                    pa.array(random.integers(1, 20, k)),
                    pa.array(amount, from_pandas=True),
                    pa.nulls(k, pa.string()),
                ],
                RELATIONSHIPS,
            )
            yield batch if columns is None else batch.select(columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Outcomes of `outcome_share` of the parties, about one in six bad, by their risk."""
        parties, bad = self.outcomes
        k = len(parties)
        none = pa.nulls(k, pa.float64())
        outcome = pa.array(np.where(bad, "default", "good").tolist())
        keys = pa.array([""] * k)
        columns = [self.ids.take(pa.array(parties)), outcome, keys, none, none, _same("active", k)]
        more = [pa.nulls(k, field.type) for field in list(OUTCOMES)[len(columns) :]]
        yield _with_origin([*columns, *more], OUTCOMES)

    @cached_property
    def outcomes(self) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The parties with an outcome, ascending, and whether it is bad."""
        return self._drawn(np.sort(self._shuffled[: self._known]), 5)

    @cached_property
    def held_out(self) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """At most 50,000 other parties, ascending, and whether their outcome, which is no fact, is bad."""
        return self._drawn(np.sort(self._shuffled[self._known : self._known + HELD_OUT]), 6)

    @property
    def _known(self) -> int:
        return max(int(self.outcome_share * self.parties), 2)

    @cached_property
    def _shuffled(self) -> Ints:
        return np.random.default_rng([self.seed, 7]).permutation(self.parties)

    def _drawn(self, parties: Ints, stream: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
        chance = 1.0 / (1.0 + np.exp(2.2 - 1.5 * self.risk[parties]))
        return parties, np.random.default_rng([self.seed, stream]).random(len(parties)) < chance


def _same(value: str | bool, k: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), k)


def _with_origin(columns: list[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """A batch of facts of one load."""
    k = len(columns[0])
    extra = [_same("scale", k), pa.repeat(pa.scalar(1, pa.int64()), k)]
    fields = [*schema, pa.field("origin", pa.string()), pa.field("recorded", pa.int64())]
    return pa.RecordBatch.from_arrays([*columns, *extra], schema=pa.schema(fields))
