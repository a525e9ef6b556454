"""Two institutions on one server: whatever one of them sends, it learns nothing of the other."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from apiflask import APIFlask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.gateway.tenants import Tenants, opened
from graph.purposes import PURPOSES
from service.administration.backup import make_backup, restore
from service.job_worker import Worker
from service.records import keys
from service.records.database import open_records
from service.settings import Settings, tenant_settings
from tests.house import House

# What only the north has, and no answer to anybody else may hold.
SECRET = "Secretia"
SECRET_PARTY = "north-only/Secretia"


@dataclass
class Answer:
    """What the server sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Protocol:
    """The protocol of granian for one request: its body, and where the answer goes."""

    def __init__(self, body: bytes) -> None:
        self._body, self.answer = body, Answer()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield self._body

    async def client_disconnect(self) -> None:
        """Nobody goes away."""
        await asyncio.Event().wait()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = Answer(status, dict(headers), body)


@dataclass
class Server:
    """Two institutions, a key of each, and what the north did."""

    gateway: Tenants
    apps: Mapping[str, APIFlask]
    keys: Mapping[str, str]
    homes: Mapping[str, Path]
    cookies: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if body is not None:
            sent |= {"content-type": "application/json", "content-length": str(len(content))}
        route, _, query = path.partition("?")
        scope = SimpleNamespace(
            proto="http", method=method, path=unquote(route), query_string=query, headers=sent, scheme="http",
            server="127.0.0.1:8100", client="127.0.0.1:1", http_version="1.1",
        )  # fmt: skip
        protocol = Protocol(content)
        asyncio.run(self.gateway.__rsgi__(scope, protocol))
        return protocol.answer

    def of(self, tenant: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask(method, path, {"Authorization": f"Bearer {self.keys[tenant]}", **headers}, body)


def written(home: Path, title: str) -> None:
    (home / "tenant.toml").write_text(f'title = "{title}"\n', "utf-8")


@pytest.fixture(scope="module")
def server(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The house twice; the north has one party more, and has worked: a case, a view, events, receipts, a batch."""
    folder = tmp_path_factory.mktemp("tenants")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KITH_HOME", raising=False)  # that of the application of other tests
        both_settings = _two(folder, house)
    several = {"served_tenants": Path("served.json")}
    found = {name: tenant_settings(both_settings, name).model_copy(update=several) for name in ("north", "south")}
    made = {
        name: keys.create(open_records(one.records), PURPOSES, "admin", ["all"], f"Ops {name}", tenant=name)[0]
        for name, one in found.items()
    }
    apps = opened(found)
    both = Server(
        Tenants(apps, Settings(served_tenants=Path("served.json"))),
        apps,
        made,
        {name: one.home for name, one in found.items()},
    )
    _work(both, house)
    yield both
    both.gateway.__rsgi_del__(asyncio.new_event_loop())


def _two(folder: Path, house: House) -> Settings:
    for name in ("north", "south"):
        house.copy(folder / name)
    more = folder / "more"
    more.mkdir()
    (more / "parties.csv").write_text(f"id,kind,name\n{SECRET_PARTY},Person,{SECRET} Nord\n", "utf-8")
    links = f"source,target,kind\n{SECRET_PARTY},{house.member},FRIEND_OF\n"
    (more / "relationships.csv").write_text(links, "utf-8")
    north = House(folder / "north", house.truth, {})
    for arguments in (["load", str(more)], ["snapshot"]):
        assert north.kith(*arguments).code == 0
    for name in ("north", "south"):
        written(folder / name, f"The bank of the {name}")
    return Settings(tenants=folder)


def _work(both: Server, house: House) -> None:
    for name in both.keys:
        cookie = both.of(name, "POST", "/v1/sessions").headers["Set-Cookie"]
        both.cookies[name] = cookie.partition(";")[0]
    of = both.of
    case = of("north", "POST", "/v1/cases", {"title": f"{SECRET} Nord", "parties": [SECRET_PARTY]}, **{
        "Idempotency-Key": "opened-once"})  # fmt: skip
    assert case.status == 201, case.body
    view = of("north", "POST", "/v1/views", {"state": json.dumps({"title": SECRET})})
    score = of("north", "GET", f"/v1/scores/{quote(SECRET_PARTY, safe='')}")
    assert score.status == 200, score.body
    batch = of("north", "POST", "/v1/score-batches", {"parties": [SECRET_PARTY], "form": "csv"})
    neighbours = of("north", "GET", f"/v1/neighbours/{quote(house.member, safe='')}?limit=1")
    with both.apps["north"].app_context():
        north = both.apps["north"]
        north.extensions["kith.receipts"].flush()
        worker = Worker(north.extensions["kith.records"], north.extensions["kith.job_handlers"])
        assert worker.work_once()
        while worker.work_once():  # looks after events are jobs, too
            pass
    both.made = {
        "case": str(case.json["case"]), "view": view.json.get("view", ""), "receipt": score.json["receipt"],
        "job": batch.json["job"], "cursor": neighbours.json["next"], "etag": score.headers["ETag"],
    }  # fmt: skip
    assert all(both.made.values()), both.made


def checksummed(text: str) -> str:
    """A key as anybody can write it: the checksum is no secret."""
    return f"{text}_{zlib.crc32(text.encode()):08x}"


PREFIXES = st.sampled_from(["north.", "north..", "NORTH.", "../north.", "south.north.", "north%2E.", "", ".", "nörth."])


@st.composite
def credentials(draw: st.DrawFn) -> tuple[str, str]:
    """What somebody sends who is not of the north: a way, and the text or what it is made from."""
    way = draw(st.sampled_from(["south", "forged", "grafted", "cookie", "renamed", "both", "scheme", "nothing"]))
    return way, draw(PREFIXES)


def sent(both: Server, credential: tuple[str, str]) -> dict[str, str]:
    """The headers of a credential that is none of the north."""
    (way, prefix), south = credential, both.keys["south"]
    _, name, secret, _ = south.split("_")
    bare = name.rpartition(".")[2]
    north_name, north_secret = both.keys["north"].split("_")[1:3]
    token = both.cookies["south"].partition("=")[2].rpartition(".")[2]
    grafted = checksummed(f"kith_{prefix}{north_name.rpartition('.')[2]}_{secret}")
    of_other = checksummed(f"kith_south.{north_name.rpartition('.')[2]}_{north_secret}")
    return {
        "south": {"Authorization": f"Bearer {south}"},
        "forged": {"Authorization": f"Bearer {checksummed(f'kith_{prefix}{bare}_{secret}')}"},
        "grafted": {"Authorization": f"Bearer {grafted}"},
        "cookie": {"Cookie": both.cookies["south"]},
        "renamed": {"Cookie": f"kith_session={prefix}{token}"},
        "both": {"Authorization": f"Bearer {south}", "Cookie": both.cookies["north"]},
        "scheme": {"Authorization": f"Bearer {of_other}", "Cookie": both.cookies["south"]},
        "nothing": {},
    }[way]


QUESTIONS = (
    "/v1/parties/{party}", "/v1/scores/{party}", "/v1/explanations/{party}", "/v1/neighbours/{party}",
    "/v1/profiles/{party}", "/v1/parties?q=Secretia", "/v1/rings?party={party}", "/v1/cases/{case}", "/v1/cases",
    "/v1/case-reports/{case}", "/v1/views/{view}", "/v1/receipts/{receipt}", "/v1/jobs", "/v1/jobs/{job}",
    "/v1/score-batches/{job}", "/v1/access-log", "/v1/webhooks", "/v1/models", "/v1/disputes", "/v1/notices",
    "/v1/neighbours/{member}?limit=1&cursor={cursor}", "/v1/paths?source={party}&target={member}", "/metrics",
    "/readyz", "/", "/docs", "/openapi.json", "/v1/sessions/current", "/v1/alerts",
)  # fmt: skip
PATIENT = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def filled(question: str, both: Server, house: House) -> str:
    parts = {"party": SECRET_PARTY, "member": house.member} | both.made
    return question.format(**{name: quote(text, safe="") for name, text in parts.items()})


@PATIENT
@given(question=st.sampled_from(QUESTIONS), credential=credentials(), etag=st.booleans())
def test_no_answer_holds_what_only_the_other_has(
    server: Server, house: House, question: str, credential: tuple[str, str], etag: bool
) -> None:
    path = filled(question, server, house)
    headers = sent(server, credential) | ({"If-None-Match": server.made["etag"]} if etag else {})
    answer = server.ask("GET", path, headers)
    assert SECRET.encode() not in answer.body.replace(path.encode(), b"").replace(SECRET_PARTY.encode(), b"")
    assert answer.status != 304 and b"Traceback" not in answer.body
    north = server.apps["north"].extensions["kith.follower"].position.base.snapshot.id
    assert north.encode() not in answer.body
    if credential[0] in {"forged", "grafted", "renamed", "scheme", "nothing"} and path.startswith("/v1/"):
        assert answer.status == 401


def test_without_a_key_the_pages_tell_of_no_institution(server: Server) -> None:
    spec = server.ask("GET", "/openapi.json")
    [purpose] = [one for one in spec.json["paths"]["/v1/scores/{id}"]["get"]["parameters"] if one["name"] == "purpose"]
    assert spec.status == 200 and purpose["schema"]["enum"] == sorted(PURPOSES)
    assert server.of("south", "GET", "/openapi.json").status == 200
    assert server.ask("GET", "/openapi.json", {"Authorization": "Bearer kith_south.x_y_z"}).status == 401
    assert server.ask("GET", "/docs").status == server.ask("GET", "/healthz").status == 200
    ready = server.ask("GET", "/readyz").json
    assert (ready["status"], ready["snapshot"], ready["revision"], ready["model"]) == ("ready", None, None, None)
    assert server.of("south", "GET", "/readyz").json["snapshot"]


@pytest.mark.parametrize(("question", "name", "other"), [
    ("/v1/receipts/{}", "receipt", "0" * 64), ("/v1/jobs/{}", "job", "0" * 32), ("/v1/views/{}", "view", "0" * 64),
    ("/v1/score-batches/{}", "job", "0" * 32),
])  # fmt: skip
def test_what_the_other_has_is_answered_like_what_nobody_has(
    server: Server, question: str, name: str, other: str
) -> None:
    theirs, nobodys = (server.of("south", "GET", question.format(id)) for id in (server.made[name], other))
    assert theirs.status == nobodys.status == 404
    said = [
        answer.json["detail"].replace(id[:40], "") for answer, id in ((theirs, server.made[name]), (nobodys, other))
    ]
    assert said[0] == said[1]
    assert server.of("north", "GET", question.format(server.made[name])).status == 200


def test_a_party_of_the_other_is_answered_like_one_that_nobody_knows(server: Server) -> None:
    ids = SECRET_PARTY, SECRET_PARTY.replace("Secretia", "Nonesuch")
    theirs, nobodys = (server.of("south", "GET", f"/v1/scores/{quote(id, safe='')}") for id in ids)
    assert (theirs.status, nobodys.status) == (200, 200)
    said = [
        {name: text for name, text in one.json.items() if name not in ("party", "receipt")} for one in (theirs, nobodys)
    ]
    assert said[0] == said[1] and said[0]["state"] == "unknown"


def test_a_receipt_of_the_other_is_not_replayed(server: Server) -> None:
    body = {"receipt": server.made["receipt"]}
    assert server.of("north", "POST", "/v1/replays", body).status == 200
    assert server.of("south", "POST", "/v1/replays", body).status == 404


def test_the_name_of_a_request_of_the_other_is_free(server: Server) -> None:
    name = {"Idempotency-Key": "opened-once"}
    first = server.of("south", "POST", "/v1/cases", {"title": "Of the south", "parties": []}, **name)
    assert first.status == 201 and "Idempotent-Replayed" not in first.headers
    again = server.of("south", "POST", "/v1/cases", {"title": "Of the south", "parties": []}, **name)
    assert again.headers["Idempotent-Replayed"] == "true" and again.body == first.body


def test_an_event_of_the_other_is_no_event_of_ours(server: Server) -> None:
    """The same event id is new in each institution, and what one recorded the other does not answer from."""
    both = {}
    for name in ("north", "south"):
        key, _ = keys.create(
            server.apps[name].extensions["kith.records"], PURPOSES, "service", ["all"], "till", tenant=name
        )
        event = {
            "id": "pay-1", "time": time.time(), "type": "payment", "payer": f"payer of {name}", "payee": "payee",
            "amount": 5.0,
        }  # fmt: skip
        answer = server.ask("POST", "/v1/events", {"Authorization": f"Bearer {key}"}, {"events": [event]})
        assert answer.status == 200, answer.body
        both[name] = answer.json
    assert both["north"]["recorded"] == both["south"]["recorded"] == 1
    assert server.of("north", "GET", "/v1/parties/payer%20of%20north").status == 200
    assert server.of("south", "GET", "/v1/parties/payer%20of%20north").status == 404


def test_each_counts_its_own_requests(server: Server) -> None:
    asked = b'kith_requests_total{method="GET",route="/v1/models",status="200"}'

    def counts() -> list[bytes]:
        """What the south, nobody and the north read."""
        found = [
            server.of("south", "GET", "/metrics"),
            server.ask("GET", "/metrics"),
            server.of("north", "GET", "/metrics"),
        ]
        assert all(answer.status == 200 and b"tenant" not in answer.body for answer in found)
        return [b"".join(line for line in one.body.splitlines() if line.startswith(asked)) for one in found]

    before = counts()
    server.of("north", "GET", "/v1/models")
    after = counts()
    assert before[:2] == after[:2] and before[2] != after[2]
    assert b"process_" not in server.of("south", "GET", "/metrics").body


def test_the_log_says_whose_request_it_was(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("north", "south"):
        server.of(name, "GET", f"/v1/parties/{quote(SECRET_PARTY, safe='')}")
    server.ask("GET", "/v1/models")
    entries = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    found = [(entry.get("tenant"), entry["status"]) for entry in entries if entry["event"] == "request"]
    assert found == [("north", 200), ("south", 404), (None, 401)]
    assert SECRET not in json.dumps(entries)


def test_a_backup_is_of_one_and_put_back_as_the_same(server: Server, tmp_path: Path) -> None:
    made = make_backup(server.homes["south"], tmp_path / "south", tenant="south")
    name = f"{SECRET} Nord".encode()  # the id alone is in its access log: it asked for it
    assert not any(name in (tmp_path / "south" / file).read_bytes() for file in made.files)
    with pytest.raises(Exception, match="is a backup of the institution south"):
        restore(tmp_path / "south", server.homes["north"], replace=True, tenant="north")
