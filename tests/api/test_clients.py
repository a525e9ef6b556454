"""Programs generated from /openapi.json: one in Python asks a server that runs, one in TypeScript compiles."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from apiflask import APIFlask
from werkzeug.serving import make_server

from cli.client import GENERATOR, VERSION
from cli.main import run
from tests.api.conftest import Asker
from tests.house import ODD_IDS, House

TYPESCRIPT: Final = Path(__file__).parent / "typescript"
PACKAGE: Final = "generated_kith_client"


@pytest.fixture(scope="module")
def address(app: APIFlask) -> Iterator[str]:
    """The application on a free loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def package(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a package that `kith client` made from the description that the server answers."""
    folder = tmp_path_factory.mktemp("client")
    assert run(["client", str(folder / PACKAGE), "--url", address]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield PACKAGE


class Client:
    """The generated client with a key: `ask(module, ...)` calls its operation of that module."""

    def __init__(self, package: str, address: str, key: str) -> None:
        self.package = package
        self.models: ModuleType = importlib.import_module(f"{package}.models")
        self._client = importlib.import_module(f"{package}.client").AuthenticatedClient(base_url=address, token=key)

    def ask(self, module: str, *arguments: Any, **query: Any) -> Any:
        operation = importlib.import_module(f"{self.package}.api.{module}")
        return operation.sync_detailed(*arguments, client=self._client, **query)

    def parsed(self, module: str, *arguments: Any, **query: Any) -> Any:
        answer = self.ask(module, *arguments, **query)
        assert answer.status_code == 200, answer.content
        return answer.parsed


@pytest.fixture(scope="module")
def client(package: str, address: str, ask: Asker) -> Client:
    assert ask.key is not None
    return Client(package, address, ask.key)


def choice(client: Client, name: str, value: str) -> Any:
    """A value of one of the client's enumerations."""
    return getattr(client.models, name)(value)


def test_a_score_is_typed(client: Client, ask: Asker, house: House) -> None:
    purpose = choice(client, "GetScorePurpose", "lending")
    score = client.parsed("scores.get_score", house.member, purpose=purpose, include="reasons")
    assert isinstance(score, client.models.ScoreAnswer)
    assert isinstance(score.reasons[0], client.models.ReasonAnswer)
    assert 350 <= score.score <= 950 and score.interval[0] <= score.probability <= score.interval[1]
    assert score.to_dict() == ask.of(house.member, "scores", purpose="lending", include="reasons").json


def test_scores_of_many_are_typed(client: Client, ask: Asker, house: House) -> None:
    asked = [house.member, "nobody"]
    body = client.models.ScoreBatchRequest(parties=asked, include="reasons", threshold=600)
    batch = client.parsed("scores.get_scores", body=body)
    assert isinstance(batch, client.models.ScoreBatch) and [one.state for one in batch.scores] == [
        "assessed",
        "unknown",
    ]
    assert [one.to_dict() for one in batch.scores] == [
        ask.of(party, "scores", include="reasons", threshold=600).json for party in asked
    ]


def test_a_receipt_and_its_replay_are_typed(client: Client, house: House) -> None:
    score = client.parsed("scores.get_score", house.member)
    receipt = client.parsed("receipts.get_receipt", score.receipt)
    assert isinstance(receipt, client.models.ReceiptAnswer) and receipt.party == house.member
    again = client.parsed("receipts.replay_answer", body=client.models.ReplayRequest(receipt=score.receipt))
    assert isinstance(again, client.models.ReplayAnswer) and again.identical and again.answer == score


def test_a_record_is_typed(client: Client, ask: Asker, house: House) -> None:
    record = client.parsed("parties.get_party", house.member)
    assert isinstance(record, client.models.PartyRecord) and record.kind == "Person"
    assert isinstance(record.links["USES_DEVICE"], client.models.LinkCounts)
    assert record.links["USES_DEVICE"].out >= 1 and record.links["USES_DEVICE"].in_ == 0
    assert record.to_dict() == ask.of(house.member).json


def test_a_search_is_typed(client: Client) -> None:
    found = client.parsed("parties.search_parties", q="Odd a/score")
    assert isinstance(found, client.models.PartyPage) and [one.party for one in found.parties] == ["a/score"]


def test_a_relationship_is_typed(client: Client, ask: Asker, house: House) -> None:
    source, target = house.truth.rings["ring_01"][:2]
    asked: dict[str, Any] = {"source": source, "target": target, "exposure": 1000.0, "include": "contagion"}
    risk = client.parsed("relationships.get_relationship_risk", **asked)
    assert isinstance(risk, client.models.RelationshipRisk)
    assert isinstance(risk.trust_evidence[0], client.models.TrustEvidenceAnswer)
    assert risk.expected_loss == 1000.0, "the member of the ring is in default, which is certain"
    assert risk.to_dict() == ask("/v1/relationship-risk", **asked).json


def test_an_explanation_is_typed(client: Client, ask: Asker, house: House) -> None:
    why = client.parsed("scores.get_explanation", house.member)
    assert isinstance(why, client.models.ExplanationAnswer) and isinstance(why.score, client.models.ScoreAnswer)
    total = why.base + sum(why.contributions.additional_properties.values())
    assert total == pytest.approx(why.log_odds, abs=1e-9)
    assert isinstance(why.removals.parties[0], client.models.EffectAnswer)
    assert why.to_dict() == ask.of(house.member, "explanations").json


def test_neighbours_are_typed(client: Client, ask: Asker, house: House) -> None:
    page = client.parsed("parties.get_neighbours", house.shop, limit=3)
    assert isinstance(page, client.models.LinkPage) and len(page.neighbours) == 3
    assert isinstance(page.neighbours[0], client.models.PartyLink)
    rest = client.parsed("parties.get_neighbours", house.shop, limit=1000, cursor=page.next_)
    assert len(rest.neighbours) == page.total - 3 and rest.next_ is None
    assert page.to_dict() == ask.of(house.shop, "neighbours", limit=3).json


def test_paths_are_typed(client: Client, house: House) -> None:
    found = client.parsed("relationships.find_paths", source="a", target="b/c", max_hops=2)
    assert isinstance(found, client.models.PathList) and isinstance(found.paths[0].steps[0], client.models.StepAnswer)
    assert (found.paths[0].hops, found.paths[0].parties) == (2, ["a", house.member, "b/c"])


def test_rings_are_typed(client: Client, ask: Asker, house: House) -> None:
    page = client.parsed("rings.find_rings", party=house.member)
    assert isinstance(page, client.models.RingPage) and isinstance(page.rings[0], client.models.RingAnswer)
    assert house.member in [member.party for member in page.rings[0].members]
    assert page.to_dict() == ask("/v1/rings", party=house.member).json


def test_a_simulation_is_typed(client: Client, house: House) -> None:
    body = client.models.Simulation(defaults=[house.shop], limit=5)
    scenario = client.parsed("simulations.simulate", body=body)
    assert isinstance(scenario, client.models.ScenarioAnswer) and scenario.failed == [house.shop]
    assert isinstance(scenario.affected[0], client.models.AffectedParty) and len(scenario.affected) == 5
    assert scenario.affected[0].rise == max(one.rise for one in scenario.affected) > 0


def test_the_state_of_the_server_is_typed(client: Client, house: House) -> None:
    ready = client.parsed("operations.get_readiness")
    assert isinstance(ready, client.models.Readiness) and ready.model == house.made["train"]["id"]


@pytest.mark.parametrize("party", ODD_IDS)
def test_the_client_can_ask_about_any_id(client: Client, party: str) -> None:
    assert client.parsed("scores.get_score", party).party == party
    assert client.parsed("parties.get_party", party).name == f"Odd {party}"


def test_an_error_is_a_typed_problem(client: Client) -> None:
    answer = client.ask("parties.get_party", "nobody")
    assert answer.status_code == 404 and isinstance(answer.parsed, client.models.Problem)
    assert answer.parsed.status == 404 and "nobody" in answer.parsed.detail


def programs() -> Path:
    """Where npm has put the programs; missing ones are a failure in CI, and elsewhere a skip that says what to do."""
    folder = TYPESCRIPT / "node_modules" / ".bin"
    if shutil.which("node") is None:
        reason = "node is missing; install it (Debian: nodejs and npm)"
    elif not (folder / "openapi-typescript").exists():
        reason = f"openapi-typescript is missing; install it: npm ci --prefix {TYPESCRIPT}"
    else:
        return folder
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.slow
def test_types_for_typescript_are_made_and_a_program_compiles_with_them(app: APIFlask, tmp_path: Path) -> None:
    folder = programs()
    (tmp_path / "openapi.json").write_text(json.dumps(app.test_client().get("/openapi.json").json))
    shutil.copy(TYPESCRIPT / "use.ts", tmp_path)
    for program, *arguments in (
        ["openapi-typescript", "openapi.json", "-o", "kith.ts", "--default-non-nullable=false"],
        ["tsc", "--strict", "--noEmit", "--target", "es2022", "use.ts"],
    ):
        command = [folder / program, *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_kith_client_runs_the_generator_that_is_pinned() -> None:
    locked = (Path(__file__).parents[2] / "requirements-dev.lock").read_text("utf-8")
    assert f"\n{GENERATOR}=={VERSION} " in locked


def test_kith_client_says_what_is_wrong_in_one_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    for arguments, code, words in (
        ([str(tmp_path / "no-name")], 2, "cannot be the name of a Python package"),
        ([str(tmp_path / "there")], 2, "is there already"),
        ([str(tmp_path / "new"), "--url", "file:///etc/passwd"], 2, "no address of a server"),
        ([str(tmp_path / "new"), "--url", "http://127.0.0.1:1"], 1, "no server answers"),
        ([str(tmp_path / "new"), "--url", f"{address}/healthz?"], 1, "no Kith"),
    ):
        assert run(["client", *arguments]) == code
        said = capsys.readouterr().err.splitlines()[-1]
        assert words in said, said
