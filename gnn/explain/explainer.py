"""The explanation of a score: exact shares of the own record and of each category, and the reasons behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from gnn.arrays import F32, F64
from gnn.explain.attribute_effects import attributes_known, usual_attributes, without_attribute
from gnn.explain.carriers import Carrier, UsualMeasures, carriers
from gnn.explain.reason_codes import NO_EFFECTS, AttributeEffect, Outcomes, OwnRecord, Reason, UsualLinks, reasons
from gnn.explain.shapley import OWN, Attribution, attribute
from gnn.features.spec import masked
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms


class Explainer:
    """Explanations of the scores that one scorer gives; immutable."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.spec = scorer.model.spec
        self._slices = [(block.needs, self.spec.slice(block.name)) for block in self.spec.blocks]

    def attribution(self, row: int, terms: Terms) -> Attribution:
        """The shares of the own record and of each category in the log-odds that `Scorer.assess` answers."""
        usable = terms.categories & frozenset(self.scorer.snapshot.categories)
        values, absent = self._present_and_absent(row)
        active: set[str] = set()
        for needs, columns in self._slices:
            if needs and needs <= usable and not _equal(values[columns], absent[columns]):
                active |= needs

        def value(coalitions: Sequence[tuple[bool, frozenset[str]]]) -> F64:
            return self._coalitions(row, coalitions)

        return attribute(value, sorted(usable), frozenset(active), terms.cap)

    def reasons(
        self,
        row: int,
        attribution: Attribution,
        terms: Terms,
        effects: Mapping[int, float] = NO_EFFECTS,
        least_told: int = 0,
    ) -> tuple[Reason, ...]:
        """The coded reasons of an attribution made on these terms, with points and evidence.

        effects: points that the removal of other parties moves, by row. least_told: see `reasons`.
        """
        usable = Terms(frozenset(attribution.contributions) - {OWN}, terms.cap)
        own = self._own_record(row, usable)
        facts = self.scorer.scoring_input(row).facts

        def carriers_of(points: Mapping[str, float]) -> dict[str, Carrier]:
            return carriers(self.scorer, row, points, usable.categories, self._usual_measures)

        network, usual = self.scorer.table.state.network, self._usual_links
        return reasons(network, row, attribution, self._outcomes, facts, own, effects, carriers_of, usual, least_told)

    def _own_record(self, row: int, terms: Terms) -> OwnRecord:
        values = self.scorer.table.row(row)
        names = attributes_known(values, self.spec)
        rows = np.stack([values, *(without_attribute(values, self.spec, name) for name in names)])
        whole, *reduced = self.scorer.log_odds(rows, terms)
        effects = [
            AttributeEffect(name, -POINTS_PER_LOG_ODDS * float(whole - x))
            for name, x in zip(names, reduced, strict=True)
        ]
        effects.sort(key=lambda effect: (-abs(effect.points), effect.attribute))
        usual = self._usual[int(self.scorer.snapshot.party_kind[row])]
        known = len(usual & set(names)) / len(usual) if usual else 1.0
        return OwnRecord(known, tuple(effect for effect in effects if effect.points))

    def _coalitions(self, row: int, coalitions: Sequence[tuple[bool, frozenset[str]]]) -> F64:
        """Log-odds F64[k] with the own record or without it, and some categories; equal inputs are scored once."""
        values, absent = self._present_and_absent(row)
        live = [
            (needs, columns)
            for needs, columns in self._slices
            if not needs or not _equal(values[columns], absent[columns])
        ]
        keys = [
            tuple(i for i, (needs, _) in enumerate(live) if (needs <= present if needs else own))
            for own, present in coalitions
        ]
        distinct = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        inputs = np.repeat(absent[None], len(distinct), axis=0)
        for needs, columns in self._slices:
            if not needs:
                inputs[:, columns] = np.nan
        for key, i in distinct.items():
            for block in key:
                inputs[i, live[block][1]] = values[live[block][1]]
        log_odds = self.scorer.calibrated(inputs)
        if () in distinct:
            log_odds[distinct[()]] = self.scorer.base
        return log_odds[[distinct[key] for key in keys]]

    def _present_and_absent(self, row: int) -> tuple[F32, F32]:
        """The party's features, and those with no category present."""
        values = self.scorer.table.row(row)
        return values, np.asarray(masked(values[None], self.spec, frozenset())[0])

    @cached_property
    def _outcomes(self) -> Outcomes:
        table = self.scorer.table

        def around(category: str, row: int) -> tuple[int, int, int]:
            party = np.array([row])
            known, bad = table.labels.counts(category, party)[0].tolist()
            return int(table.state.categories[category].neighbours.degree(party)[0]), bad, known - bad

        return Outcomes(self.scorer.outcomes.bad, self.scorer.outcomes.good, around)

    @cached_property
    def _usual_links(self) -> UsualLinks:
        return UsualLinks(self.scorer.table.state.network)

    @cached_property
    def _usual_measures(self) -> UsualMeasures:
        return UsualMeasures(self.scorer.table)

    @cached_property
    def _usual(self) -> dict[int, frozenset[str]]:
        return usual_attributes(self.spec, self.scorer.snapshot)


def _equal(a: F32, b: F32) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))
