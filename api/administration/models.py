"""/v1/models: which model serves, which runs in shadow, and how the two compare."""

from __future__ import annotations

import time

from apiflask import APIBlueprint
from flask import current_app

from api.access import require_admin
from service.models.answers import ModelList, model_list
from service.models.registry import ModelRegistry
from service.records.shadow import recorded
from service.workspace import Workspace

bp = APIBlueprint("models", __name__, url_prefix="/v1", tag="models")


@bp.get("/models")
@bp.doc(operation_id="list_models")
@bp.output(ModelList)
def models() -> ModelList:
    """The models of this installation, who did what with them, and how one in shadow compares; for admins."""
    require_admin("models")
    registry = ModelRegistry(Workspace(current_app.extensions["kith.settings"].home), time.time)
    return model_list(registry, recorded(current_app.extensions["kith.records"]))
