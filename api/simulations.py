"""/v1/simulations: what if some parties default or are cured, or some links end or begin."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.access import allowed_kinds, allowed_purpose, require_explorer
from api.context import context_for, known_party
from api.schemas.simulations import LinkToAdd, LinkToRemove, Simulation
from api.scoring.kept import matter_book
from service.answers.scenarios import ScenarioAnswer, SupposedLink, Supposition, simulated
from service.rights.objections.answering import others_of

bp = APIBlueprint("simulations", __name__, url_prefix="/v1", tag="simulations")


@bp.post("/simulations")
@bp.doc(operation_id="simulate")
@bp.input(Simulation)
@bp.output(ScenarioAnswer)
def simulations(json_data: Simulation) -> ScenarioAnswer:
    """The probabilities of a bad outcome after what is supposed; nothing is written, and no service may ask."""
    require_explorer("a simulation")
    allowed_kinds([link.kind for link in json_data.remove] + [link.kind for link in json_data.add])
    supposed = Supposition(
        [known_party(party) for party in json_data.defaults],
        [known_party(party) for party in json_data.cures],
        [_link(link) for link in json_data.remove],
        [_link(link, link.amount) for link in json_data.add],
    )
    purpose = allowed_purpose(json_data.purpose)
    context = context_for(purpose)
    return simulated(context, supposed, purpose, json_data.limit, others_of(matter_book(), context, purpose))


def _link(link: LinkToRemove | LinkToAdd, amount: float | None = None) -> SupposedLink:
    return SupposedLink(link.kind, known_party(link.source), known_party(link.target), amount)
