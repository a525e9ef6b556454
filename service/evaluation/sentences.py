"""The findings of an evaluation as English sentences, one for each code of `gnn.evaluation.findings`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from gnn.evaluation.findings import Code, Finding

Figures = Mapping[str, Any]

MAX_NAMES: Final = 5  # of a list, how many are written out
NO_TEMPORAL_SPLIT: Final = "so there is no split by time, and nothing shows how the model fares later"
ARTEFACT: Final = "may be an artefact of how the data was collected; if so, this will not hold elsewhere"


def text(finding: Finding) -> str:
    """The sentence of a finding."""
    return SENTENCES[finding.code](finding.figures)


def texts(findings: Iterable[Finding]) -> list[str]:
    """The sentences of findings."""
    return [text(finding) for finding in findings]


def findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as JSON: code, text and figures of each."""
    return [{"code": str(one.code), "text": text(one), "figures": dict(one.figures)} for one in findings]


def percent(share: float, digits: int = 0) -> str:
    """A share as percent.

    >>> percent(0.125, 1)
    '12.5 %'
    """
    return f"{100 * share:.{digits}f} %"


def named(names: Sequence[str]) -> str:
    """The first few names, and how many more there are.

    >>> named(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _gain(figures: Figures) -> str:
    return "{value:+.4f} AUROC, 95 % interval {low:+.4f} to {high:+.4f}".format_map(figures)


def _difference(figures: Figures) -> str:
    return "{value:.3f} (95 % interval {low:.3f} to {high:.3f})".format_map(figures)


def _levels_rise(figures: Figures) -> str:
    rates = [f"{level['level']} {percent(level['rate'], 1)} of {level['parties']:,}" for level in figures["levels"]]
    few = f" Too few parties to tell of: {', '.join(figures['few'])}." if figures["few"] else ""
    return f"Observed bad rates rise from level to level: {', '.join(rates)}.{few}"


def _ece(figures: Figures) -> str:
    return (
        "ECE {ece:.4f}; a perfectly calibrated model would show up to {ece_chance_p95:.4f} on this sample (95th "
        "percentile)"
    ).format_map(figures)


def _coverage(figures: Figures) -> str:
    return (
        f"the observed bad rate of {percent(figures['observed'])} of {figures['bins']} bins lies inside, where chance "
        f"alone would leave {percent(figures['chance_mean'])} inside"
    )


def _intervals_cover(figures: Figures) -> str:
    nominal = percent(figures["nominal"])
    if figures["calibrated"]:
        return f"The {nominal} intervals hold: {_coverage(figures)}."
    return (
        f"The {nominal} intervals are wide enough, though the probabilities inside them are off: {_coverage(figures)}."
    )


def _unknown_split_ids(figures: Figures) -> str:
    ids = figures["ids"]
    subject = "1 id of the splits is" if len(ids) == 1 else f"{len(ids):,} ids of the splits are"
    return f"Left out: {subject} not in the network: {named(ids)}."


def bad_outcome(late_from: int | None) -> str:
    """What a model calls bad.

    >>> bad_outcome(None), bad_outcome(90)
    ('a default or fraud', 'a default or fraud, or 90 days late or more')
    """
    return "a default or fraud" + ("" if late_from is None else f", or {late_from:,} days late or more")


def late_counts_as_good(parties: int, late_from: int | None = None) -> str:
    """What it means for a model that some parties were late, and not late enough to be bad.

    >>> late_counts_as_good(1)
    'Bad is a default or fraud: 1 party that was late counts as good (--late-from DAYS makes the latest bad).'
    """
    subject = "1 party that was late counts" if parties == 1 else f"{parties:,} parties that were late count"
    advice = " (--late-from DAYS makes the latest bad)" if late_from is None else ""
    return f"Bad is {bad_outcome(late_from)}: {subject} as good{advice}."


def late_left_out(parties: int) -> str:
    """What becomes of parties that were late by nobody knows how many days.

    >>> late_left_out(2)
    'Left out of training and testing: 2 parties that were late and have no days_late, so they may be bad or good.'
    """
    subject = "1 party that was late and has" if parties == 1 else f"{parties:,} parties that were late and have"
    they = "it" if parties == 1 else "they"
    return f"Left out of training and testing: {subject} no days_late, so {they} may be bad or good."


def base_rate_is_of(figures: Figures) -> str:
    """Whose share of bad outcomes the probabilities of a model are of.

    >>> base_rate_is_of({"sample_rate": 0.5, "population_rate": 0.1})
    'Probabilities are those of a population of which 10 % are bad, as --base-rate says; of the sample 50 % are.'
    """
    population, sample = percent_of(figures["population_rate"]), percent_of(figures["sample_rate"])
    return (
        f"Probabilities are those of a population of which {population} are bad, as --base-rate says; of the sample "
        f"{sample} are."
    )


def percent_of(share: float) -> str:
    """A share as percent with three significant digits.

    >>> percent_of(0.1), percent_of(0.01234)
    ('10 %', '1.23 %')
    """
    return f"{100 * share:.3g} %"


def _outcomes_of_some_kinds(figures: Figures) -> str:
    without = ", ".join(f"{name} ({parties:,})" for name, parties in figures["without"].items())
    return (
        f"Outcomes exist only of {', '.join(figures['kinds'])}, of none of the kinds {without}: what is said of these "
        "rests on other kinds, and each answer about one warns of it."
    )


def having(figures: Figures) -> str:
    """What parties have or lack.

    >>> having({"what": "links", "name": "LENDS_TO", "side": "in", "present": False})
    'without LENDS_TO links received'
    >>> having({"what": "attribute", "name": "income", "side": "", "present": True})
    'with a known income'
    """
    if figures["what"] == "kind":
        return f"of the kind {figures['name']}" if figures["present"] else f"of other kinds than {figures['name']}"
    side = {"in": " received", "out": " sent", "": ""}[figures["side"]]
    thing = f"{figures['name']} links{side}" if figures["what"] == "links" else f"a known {figures['name']}"
    return f"{'with' if figures['present'] else 'without'} {thing}"


def _outcomes_elsewhere(figures: Figures) -> str:
    strata = named([f"{having(stratum)} ({stratum['others']:,})" for stratum in figures["strata"]])
    return (
        f"No outcome is known of parties {strata}: what is said of these rests on others, and each answer about one "
        "warns of it."
    )


def _one_sided(stratum: Figures) -> str:
    good, bad = stratum["good"], stratum["bad"]
    side = f"{bad:,} of {good + bad:,} bad" if good < bad else f"{good:,} of {good + bad:,} good"
    return f"of parties {having(stratum)} {side}, while {stratum['others']:,} have none"


def _outcomes_one_sided(figures: Figures) -> str:
    strata = "; ".join(map(_one_sided, figures["strata"][:MAX_NAMES]))
    more = len(figures["strata"]) - MAX_NAMES
    return (
        f"Who has an outcome depends on what it is: {strata}{f'; and {more:,} more' if more > 0 else ''}. The model "
        "takes how outcomes were collected for risk, and each answer about one of these parties warns of it."
    )


def _outcomes_drawn(figures: Figures) -> str:
    return (
        f"{figures['good']:,} good and {figures['bad']:,} bad outcomes look drawn by outcome: their bad rate "
        "is that of the sample, and so are probabilities. --base-rate P corrects them to a known population."
    )


def _base_rate_corrected(figures: Figures) -> str:
    mean, test = percent_of(figures["mean_probability"]), percent_of(figures["test_rate"])
    return (
        f"{base_rate_is_of(figures)} Weighted to that population, the test parties have a mean probability of {mean}. "
        f"Brier, ECE, levels, deciles and intervals are tested at the rate of the test parties, {test}."
    )


def trained_how(horizon_days: int | None, times: int, static_because: str | None) -> str:
    """How a model was trained, and what its probabilities are of.

    >>> trained_how(91, 12, None)
    'point in time: a probability is that of a bad outcome within 91 days; observed at 12 times'
    >>> trained_how(None, 0, "the store is not there")
    'static, on one snapshot (the store is not there): a probability has no horizon'
    """
    if horizon_days is None:
        return f"static, on one snapshot ({static_because}): a probability has no horizon"
    return (
        f"point in time: a probability is that of a bad outcome within {horizon_days} days; observed at {times} times"
    )


def beside_random(split: str, figures: Figures) -> str:
    """What a random split shows beside one by time."""
    return (
        f"Beside it, {split}: AUROC {figures['auroc']:.4f}, ECE {figures['ece']:.4f}. That is trained on one snapshot "
        "and tested on outcomes of the same time, whose features tell what came after them: no forecast."
    )


def _temporal(figures: Figures) -> str:
    later = "AUROC {auroc:.4f} on outcomes of the {horizon_days} days after what is known".format_map(figures)
    return f"{later}, {figures['split_auroc']:.4f} on {figures['split']}"


def _drift(figures: Figures) -> str:
    return (
        f"Of those outcomes {percent(figures['test_rate'], 1)} are bad, {percent(figures['mean_probability'], 1)} were "
        f"foretold, and {percent(figures['train_rate'], 1)} were bad before."
    )


def _group_difference(figures: Figures) -> str:
    column, approved = figures["column"], percent(figures["approved"])
    parity = f"demographic parity difference {_difference(figures['demographic_parity'])}"
    fewest = f"fewest approved: {figures['fewest_approved']}"
    if figures["equal_opportunity"] is None:
        return f"Groups of {column}, {approved} approved: {parity}, {fewest}; too few good parties to compare those."
    opportunity = f"equal opportunity difference {_difference(figures['equal_opportunity'])} among good parties"
    return (
        f"Groups of {column}, {approved} approved: {opportunity}, fewest approved: {figures['fewest_good_approved']}; "
        f"{parity} among all parties, {fewest}."
    )


def _criterion(figures: Figures) -> str:
    return f"the {figures['criterion'].replace('_', ' ')} difference is {_difference(figures)}"


def _mitigated(figures: Figures) -> str:
    cost = "{value:.4f} ({low:.4f} to {high:.4f})".format_map(figures["auroc_cost"])
    return (
        f"With the mitigation (for {figures['group']}, strength {figures['strength']:g}) {_criterion(figures)}; it "
        f"costs {cost} AUROC."
    )


def _transfer(figures: Figures) -> str:
    return (
        "a model trained on {train_context} links and tested on {test_context} links gains {value:+.4f} AUROC over "
        "the own record (95 % interval {low:+.4f} to {high:+.4f}), one trained on {test_context} links "
        "{in_context_gain:+.4f}"
    ).format_map(figures)


def source_name(source: Figures) -> str:
    """What a source of leakage is called (`gnn.evaluation.leakage.Source` as JSON).

    >>> source_name({"kind": "link_mean", "name": "RATES", "direction": "received", "measure": "weight"})
    'the mean weight of RATES links received'
    """
    return _SOURCES[source["kind"]](source)


def _links(source: Figures) -> str:
    return f"{source['name']} links" + ("" if source["direction"] == "both" else f" {source['direction']}")


_MEASURES: Final = {"weight": "weight", "amount": "amount", "first": "first time", "last": "last time"}
_SOURCES: Final[Mapping[str, Callable[[Figures], str]]] = {
    "column": "the column {name}".format_map,
    "link_count": lambda source: f"the number of {_links(source)}",
    "link_mean": lambda source: f"the mean {_MEASURES[source['measure']]} of {_links(source)}",
    "id_order": lambda source: "the order of ids",
    "id_number": lambda source: "the number in an id",
    "row_order": "the order of {name} in the file".format_map,
    "rating_time": lambda source: "the time of a rating",
    "rater_id_number": lambda source: "the number in the rater's id",
    "ratee_id_number": lambda source: "the number in the ratee's id",
}


def _leakage(figures: Figures) -> str:
    source = source_name(figures["source"])
    return f"Possible leakage: {source} alone predicts the outcome with AUROC {figures['auroc']:.3f}."


_BASELINES: Final = {
    "ratee_mean": "the mean rating of the ratee", "fairness_goodness": "fairness and goodness",
    "svd": "matrix factorisation",
}  # fmt: skip
_METRICS: Final = {"auroc": "AUROC", "rmse": "RMSE"}


def _rating_times(figures: Figures) -> str:
    gain, metric = figures["gain"], _METRICS[figures["metric"]]
    change = "improve" if gain >= 0 else "worsen"
    known = "the time of a tested rating counts as known"
    return f"Times {change} {metric} by {abs(gain):.4f}, against the same model without them; {known}."


def _best_baseline(figures: Figures) -> str:
    gain, metric, baseline = figures["gain"], _METRICS[figures["metric"]], _BASELINES[figures["baseline"]]
    comparison = "better" if gain >= 0 else "worse"
    return f"The model is {abs(gain):.4f} {metric} {comparison} than the best baseline, {baseline}."


SENTENCES: Final[Mapping[Code, Callable[[Figures], str]]] = {
    Code.FEW_TEST_PARTIES: (
        "Only {parties:,} parties are tested on, {bad:,} of them bad: too few for reliable figures."
    ).format_map,
    Code.GRAPH_HELPS: lambda f: f"The graph adds {_gain(f)}, against the same model without it.",
    Code.GRAPH_HURTS: lambda f: f"The graph hurts here: {_gain(f)}; use the model without it.",
    Code.GRAPH_INCONCLUSIVE: lambda f: f"The graph adds nothing that can be told from chance: {_gain(f)}.",
    Code.DEPENDS_ON_CATEGORY: (
        "The model depends on links of the category {category}: without them it loses {auroc_lost:.3f} AUROC. Which of "
        "them a party has " + ARTEFACT + "."
    ).format_map,
    Code.DEPENDS_ON_LINK_COUNTS: (
        "The number of links of each kind brings most of what the graph adds: with the own record these counts alone "
        "reach AUROC {auroc:.4f}. Which links a party has " + ARTEFACT + "."
    ).format_map,
    Code.BASE_RATE_SHIFT: (
        "The bad rate is {train_rate:.3f} in train and {test_rate:.3f} in test, which differ by more than chance "
        "explains: no calibration can hold across that shift."
    ).format_map,
    Code.CALIBRATED: lambda f: f"The calibration error is within what chance explains: {_ece(f)}.",
    Code.MISCALIBRATED: lambda f: f"The calibration error is more than chance explains: {_ece(f)}.",
    Code.LEVELS_RISE: _levels_rise,
    Code.RATES_FALL: lambda f: f"Observed bad rates fall where the score predicts a rise, in {', '.join(f['bins'])}.",
    Code.INTERVALS_COVER: _intervals_cover,
    Code.INTERVALS_MISS: lambda f: f"The {percent(f['nominal'])} intervals do not hold: {_coverage(f)}.",
    Code.NETWORK_RELIANCE: lambda f: (
        f"{percent(f['network_share'])} of the points of a score come from relationships, the rest from the own "
        f"record; known outcomes of other parties move a score by {f['outcome_points']:.0f} points on average."
    ),
    Code.UNKNOWN_SPLIT_IDS: _unknown_split_ids,
    Code.LATE_COUNTS_AS_GOOD: lambda f: late_counts_as_good(f["parties"], f["late_from"]),
    Code.LATE_LEFT_OUT: lambda f: late_left_out(f["parties"]),
    Code.BASE_RATE_CORRECTED: _base_rate_corrected,
    Code.OUTCOMES_OF_SOME_KINDS: _outcomes_of_some_kinds,
    Code.OUTCOMES_ELSEWHERE: _outcomes_elsewhere,
    Code.OUTCOMES_ONE_SIDED: _outcomes_one_sided,
    Code.OUTCOMES_DRAWN: _outcomes_drawn,
    Code.TEMPORAL_SPLIT_AGREES: lambda f: f"The split by time agrees: {_temporal(f)}, within chance. {_drift(f)}",
    Code.TEMPORAL_SPLIT_DIFFERS: lambda f: (
        f"Later outcomes are told apart otherwise: {_temporal(f)}, {f['auroc'] - f['split_auroc']:+.4f}, more than "
        f"chance explains. Trust the split by time. {_drift(f)}"
    ),
    Code.OUTCOMES_UNDATED: lambda f: f"The outcomes have no dates, {NO_TEMPORAL_SPLIT}.",
    Code.OUTCOMES_PARTLY_DATED: lambda f: (
        f"{f['dated']:,} of {f['outcomes']:,} outcomes have a date and a split by time needs "
        f"{percent(f['min_dated'])}, {NO_TEMPORAL_SPLIT}."
    ),
    Code.OUTCOMES_TOO_FEW_BY_TIME: lambda f: (
        f"A split by time needs {f['min_per_class']} good and {f['min_per_class']} bad outcomes on either side, "
        f"{NO_TEMPORAL_SPLIT}."
    ),
    Code.GROUP_DIFFERENCE: _group_difference,
    Code.GROUP_DIFFERENCE_WITHOUT_GRAPH: lambda f: f"Without the graph {_criterion(f)}.",
    Code.GROUP_DIFFERENCE_MITIGATED: _mitigated,
    Code.GROUP_PROXY: (
        "The features predict {column} with AUROC {all_features:.3f}, the own record alone with {own_record:.3f} (0.5: "
        "not at all)."
    ).format_map,
    Code.GROUPS_TOO_SMALL: lambda f: f"Left out, with fewer than {f['min_size']} test parties: {named(f['groups'])}.",
    Code.GROUPS_WITH_FEW_GOOD: lambda f: (
        f"Left out of equal opportunity, with fewer than {f['min_size']} good test parties: {named(f['groups'])}."
    ),
    Code.GROUPS_UNCOMMON: lambda f: (
        f"Left out, beyond the {f['max_groups']} most common of {f['column']}: {named(f['groups'])}."
    ),
    Code.TRANSFER_HELPS: lambda f: f"What is learnt transfers: {_transfer(f)}.",
    Code.TRANSFER_HURTS: lambda f: f"What is learnt misleads in the other context: {_transfer(f)}.",
    Code.TRANSFER_INCONCLUSIVE: lambda f: (
        f"Whether what is learnt transfers cannot be told from chance: {_transfer(f)}."
    ),
    Code.LEAKAGE: lambda f: (
        f"{_leakage(f)} Leave it out, unless it was surely known before the outcome and not made from it."
    ),
    Code.LEAKAGE_OUTSIDE_FEATURES: lambda f: (
        f"{_leakage(f)} No feature reads it, but who was collected, and how, may depend on the outcome."
    ),
    Code.RATINGS: lambda f: (
        f"{f['ratings']:,} ratings" + (f", {percent(f['negative_share'], 1)} negative." if f["negative_share"] else ".")
    ),
    Code.RATINGS_UNSIGNED: lambda f: (
        "None of the ratings is negative: they tell more trust from less, not from distrust."
    ),
    Code.RATINGS_UNDATED: lambda f: "The ratings have no times, so nothing shows how predictions hold later.",
    Code.RATINGS_OF_ONESELF: lambda f: f"Left out: {f['ratings']:,} ratings of a party by itself.",
    Code.RATING_TIMES: _rating_times,
    Code.BEST_BASELINE: _best_baseline,
}
