"""Whether a snapshot lets a model read what it was trained to read.

A mapping that was loaded after training can protect an attribute that the model reads. Its scores would then rest on
what nobody may use, so nothing is computed and the model has to be trained again.
"""

from __future__ import annotations

from gnn.feature_spec import FeatureSpec
from graph.errors import ModelError
from graph.snapshot import Snapshot


def refuse_unfit(spec: FeatureSpec, snapshot: Snapshot) -> None:
    """Raises ModelError where the features of a model are not allowed on this snapshot."""
    found = _protected(spec, snapshot)
    if found:
        raise ModelError(f"the model does not fit this snapshot: {'; '.join(found)}; train again with `kith train`")


def _protected(spec: FeatureSpec, snapshot: Snapshot) -> list[str]:
    columns = sorted({column.attribute for column in spec.columns} & snapshot.protected)
    return [f"it reads {', '.join(columns)}, which the snapshot protects"] if columns else []
