"""Whether a snapshot lets a model read what it was trained to read.

What is loaded after training can protect an attribute that the model reads, or put a kind of links into another
category. Its scores would then rest on what nobody may use, since a purpose bars links by the category they have now,
while the model reads them as of the category they had. So nothing is computed, and the model has to be trained again.
"""

from __future__ import annotations

from gnn.features.spec import FeatureSpec
from graph.errors import ModelError
from graph.snapshots.snapshot import Snapshot


def refuse_unfit(spec: FeatureSpec, snapshot: Snapshot) -> None:
    """Raises ModelError where the features of a model are not allowed on this snapshot.

    Attributes and kinds that only one of the two has are no hindrance.
    """
    found = [*_protected(spec, snapshot), *_changed_kinds(spec, snapshot)]
    if found:
        raise ModelError(f"the model does not fit this snapshot: {'; '.join(found)}; train again with `kith train`")


def _protected(spec: FeatureSpec, snapshot: Snapshot) -> list[str]:
    columns = sorted({column.attribute for column in spec.columns} & snapshot.protected)
    return [f"it reads {', '.join(columns)}, which the snapshot protects"] if columns else []


def _changed_kinds(spec: FeatureSpec, snapshot: Snapshot) -> list[str]:
    """The kinds that are of another category by now, or no longer read alike in both directions, or do since."""
    found = []
    for category, kinds in sorted(spec.kinds.items()):
        for kind in kinds:
            now = snapshot.kinds.get(kind.kind)
            then = _described(category, kind.symmetric)
            if now is not None and _described(now.category, now.symmetric) != then:
                found.append(f"it knows {kind.kind} as {then}, here it is {_described(now.category, now.symmetric)}")
    return found


def _described(category: str, symmetric: bool) -> str:
    return f"{category}, {'the same both ways' if symmetric else 'directed'}"
