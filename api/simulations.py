"""/v1/simulations: what if some parties default."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.access import allowed_purpose, require_explorer
from api.context import known_party, serving_context
from api.schemas.simulations import Simulation
from service.answers.scenarios import DefaultScenario, defaults

bp = APIBlueprint("simulations", __name__, url_prefix="/v1", tag="simulations")


@bp.post("/simulations")
@bp.doc(operation_id="simulate_defaults")
@bp.input(Simulation)
@bp.output(DefaultScenario)
def simulations(json_data: Simulation) -> DefaultScenario:
    """Every other party's probability of a bad outcome if some default; nothing is written, and no service may ask."""
    require_explorer("a simulation")
    failed = [known_party(party) for party in json_data.defaults]
    return defaults(serving_context(), failed, allowed_purpose(json_data.purpose), json_data.limit)
