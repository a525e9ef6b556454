"""The families of features: what each column of a feature table is, in one sentence and one formula.

`python -m gnn.features.families` prints docs/features.md from this list, and explanations name features in these words.

Notation: N(i) are the distinct neighbours of party i in a category, d(i) their number; x(j) is what j shows, one of its
attributes (scaled), its kind or its degree; y(j) is 1 for a known bad outcome, 0 for a good one; N2(i) are the
neighbours of neighbours other than i itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gnn.features.columns.neighbour import MOST_COLUMNS


class Group(Enum):
    """Where the columns of a family stand, and which feature subsets read them."""

    SELF = "The party itself"
    LINKS = "Its own links"
    NEIGHBOURS = "What its neighbours are like"
    POSITIONS = "Where it stands in the network"
    OUTCOMES = "Known outcomes around it"


@dataclass(frozen=True, slots=True)
class Family:
    """Columns that are computed alike. column: how their names read; text: one sentence; formula: of one column."""

    name: str
    group: Group
    column: str
    text: str
    formula: str


FAMILIES: Final = (
    Family(
        "attribute",
        Group.SELF,
        "ATTRIBUTE",
        "A numeric attribute of the party's own record, scaled by the median and the quartiles of the network.",
        "clip(asinh((x - median) / (q75 - q25)), -8, 8)",
    ),
    Family(
        "word",
        Group.SELF,
        "ATTRIBUTE=WORD",
        "Whether a text attribute of the party has this word, one of its twelve most frequent ones.",
        "1 if x = WORD, else 0",
    ),
    Family("party_kind", Group.SELF, "kind=KIND", "Whether the party is of this kind.", "1 if kind(i) = KIND, else 0"),
    Family(
        "completeness",
        Group.SELF,
        "completeness",
        "The share of the party's attribute columns that are known.",
        "known columns / all attribute columns",
    ),
    Family("degree", Group.LINKS, "degree", "How many distinct neighbours the party has.", "ln(1 + d(i))"),
    Family(
        "links", Group.LINKS, "KIND.SIDE.links", "How many links of this kind and direction it has.", "ln(1 + links)"
    ),
    Family(
        "count",
        Group.LINKS,
        "KIND.SIDE.count",
        "How many single events its links of this kind and direction stand for.",
        "ln(1 + sum of counts)",
    ),
    Family("weight", Group.LINKS, "KIND.SIDE.weight", "The mean weight of its links of this kind.", "mean(weight)"),
    Family(
        "negative",
        Group.LINKS,
        "KIND.SIDE.negative",
        "The share of its links of this kind with a weight below zero.",
        "mean(weight < 0)",
    ),
    Family(
        "amount",
        Group.LINKS,
        "KIND.SIDE.amount",
        "The mean magnitude of the amounts on its links of this kind.",
        "mean(ln(1 + |amount|))",
    ),
    Family(
        "recency",
        Group.LINKS,
        "KIND.SIDE.recency",
        "How long ago its newest link of this kind was.",
        "ln(1 + days since the newest link)",
    ),
    Family(
        "clustering_coefficient",
        Group.LINKS,
        "clustering_coefficient",
        "The share of pairs of its neighbours that are neighbours of one another.",
        "sum over j in N(i) of |N(i) and N(j)| / (d(i) (d(i) - 1))",
    ),
    Family(
        "jaccard",
        Group.LINKS,
        "jaccard",
        "The mean share of neighbours that it has in common with a neighbour (Jaccard similarity).",
        "mean over j in N(i) of |N(i) and N(j)| / |N(i) or N(j)|",
    ),
    Family(
        "resource_allocation",
        Group.LINKS,
        "resource_allocation",
        "The mean resource allocation index with its neighbours (Zhou et al. 2009, eq. 5).",
        "mean over j in N(i) of sum over k in N(i) and N(j) of 1 / d(k)",
    ),
    Family("mean", Group.NEIGHBOURS, "mean.X", "The mean over its neighbours.", "mean over j in N(i) of x(j)"),
    Family(
        "path_mean",
        Group.NEIGHBOURS,
        "FIRST>SECOND mean.X",
        "The mean over its neighbours in one category of the mean over theirs in another.",
        "mean over j in N1(i) of mean over k in N2(j) of x(k)",
    ),
    Family(
        "two_hop_mean",
        Group.NEIGHBOURS,
        "two_hop_mean.X",
        "The mean over its neighbours of the mean over their other neighbours.",
        "mean over j in N(i) of mean over k in N(j) without i of x(k)",
    ),
    Family(
        "diff_to_two_hop_mean",
        Group.NEIGHBOURS,
        "diff_to_two_hop_mean.X",
        "How far the party lies from its two-hop mean: from others who share its neighbours.",
        "x(i) - two_hop_mean(i)",
    ),
    Family(
        "percentile_rank",
        Group.NEIGHBOURS,
        "percentile_rank.X",
        "The share of its neighbours with a smaller value than its own; equal ones count half.",
        "mean over j in N(i) of [x(j) < x(i)] + [x(j) = x(i)] / 2",
    ),
    Family(
        "quantile", Group.NEIGHBOURS, "qP.X", "A quantile over its neighbours.", "quantile P over j in N(i) of x(j)"
    ),
    Family(
        "position",
        Group.POSITIONS,
        "position_N",
        "A coordinate of where the party stands in the network of the category: the mean over its neighbours of an "
        "eigenvector of the network as it was in training (`gnn/features/positions.py`).",
        "mean over landmarks j in N(i) of v(j) / (lambda sqrt(d(j)))",
    ),
    Family(
        "bad_rate",
        Group.OUTCOMES,
        "bad_rate",
        "The bad rate among its neighbours with a known outcome, shrunk towards the base rate.",
        "(sum of y(j) + 4 base) / (known + 4), j in N(i)",
    ),
    Family(
        "bad_rate_inv_degree_mean",
        Group.OUTCOMES,
        "bad_rate.inv_degree_mean",
        "The bad rate among its neighbours, each weighted by one over its degree; the base rate where none is known.",
        "sum of y(j) / d(j) over sum of 1 / d(j), j in N(i) with a known outcome",
    ),
    Family(
        "bad_rate_jaccard_mean",
        Group.OUTCOMES,
        "bad_rate.jaccard_mean",
        "The bad rate among its neighbours, weighted by Jaccard similarity; the base rate where none is known.",
        "sum of J(i, j) y(j) over sum of J(i, j), j in N(i) with a known outcome",
    ),
    Family(
        "bad_rate_two_hop_mean",
        Group.OUTCOMES,
        "bad_rate.two_hop_mean",
        "The mean over its neighbours of the bad rate among their other neighbours.",
        "mean over j in N(i) of (sum of y(k) + 4 base) / (known + 4), k in N(j) without i",
    ),
    Family(
        "bad_rate_two_hop_quantile",
        Group.OUTCOMES,
        "bad_rate.two_hop_qP",
        "A quantile over its neighbours of the bad rate among their other neighbours.",
        "quantile P over j in N(i) of (sum of y(k) + 4 base) / (known + 4), k in N(j) without i",
    ),
    Family(
        "kind_bad_rate",
        Group.OUTCOMES,
        "KIND.SIDE.bad_rate",
        "The bad rate at the other ends of its links of this kind and direction.",
        "(sum of y(j) + 4 base) / (known + 4), j linked by KIND",
    ),
    Family(
        "kind_bad_count",
        Group.OUTCOMES,
        "KIND.SIDE.bad_count",
        "How many parties with a known bad outcome stand at the other ends of its links of this kind and direction.",
        "ln(1 + sum of y(j)), j linked by KIND",
    ),
)
BY_NAME: Final = {family.name: family for family in FAMILIES}


def markdown() -> str:
    """The text of docs/features.md."""
    parts = [
        "# Features",
        "Every column that a model can read belongs to one of these families. This page is written by\n"
        "`python -m gnn.features.families > docs/features.md`.",
        "The columns of a category are named `CATEGORY.COLUMN`, those of a path over two categories\n"
        "`FIRST>SECOND.COLUMN`; those of the party itself have no prefix. `KIND.SIDE` is a kind of relationship with\n"
        "its direction (`PAYS.out`, `PAYS.in`; a symmetric kind has no direction). X is what a party shows its\n"
        "neighbours: one of its attributes, its kind, or its degree.",
        "In the formulas N(i) are the distinct neighbours of party i in a category and d(i) their number; x(j) is\n"
        "what party j shows; y(j) is 1 for a known bad outcome and 0 for a good one. A party's own outcome is never\n"
        "among those around it. A column is missing (NaN) where nothing it needs is known.",
        "A statistic of X in a category is a column where X tells the parties apart that have links of the category.\n"
        f"Beyond {MOST_COLUMNS} columns, positions apart, the finest statistics are left out: first paths over two\n"
        "categories, then percentile ranks, quantiles, differences to the two-hop mean, two-hop means, means; of each\n"
        "family those first whose X tells the fewest parties apart\n"
        "([decision](decisions/2026-11-30-column-budget.md)).",
    ]
    for group in Group:
        rows = [f"| `{one.column}` | {one.text} | {_cell(one.formula)} |" for one in FAMILIES if one.group is group]
        parts.append("\n".join([f"## {group.value}\n", "| column | what it is | formula |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _cell(formula: str) -> str:
    return formula.replace("|", "\\|")


if __name__ == "__main__":
    print(markdown(), end="")
