"""What somebody who wants to bring the server down does to it: each a real fault of a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from apiflask import APIFlask

from api.administration import background
from api.app import create_app
from graph.purposes import PURPOSES
from service.administration import jobs, webhooks
from service.records import keys
from service.records.database import open_records
from tests.api.conftest import Asker
from tests.api.test_server import PATIENCE, Running, _stop, environment, serve, until
from tests.house import House

ROOT = Path(__file__).parents[2]
QUICK = {"KITH_BODY_TIMEOUT": "4", "KITH_HEADER_TIMEOUT": "2", "KITH_HEAVY": "1"}
UNFINISHED = b"POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n%s\r\n{"


def start(home: House, folder: Path, **settings: str) -> Running:
    """A server on a home, when it answers."""
    log = folder / "log"
    key = home.key("admin")
    with log.open("w") as errors:
        process = subprocess.Popen(
            serve(),
            env=environment(home) | QUICK | settings,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)/docs", process.stdout.readline())
    assert found is not None, log.read_text()
    running = Running(process, int(found[1]), key, log)
    until(lambda: running.get("/readyz")[0] == 200 and len(running.workers()) == 2, "both workers are ready")
    return running


@pytest.fixture(scope="module")
def copied(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home of these tests' own, with the house's snapshot and model."""
    return house.copy(tmp_path_factory.mktemp("copied") / "home")


@pytest.fixture(scope="module")
def server(copied: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(copied, tmp_path_factory.mktemp("troubled"))
    try:
        yield running
    finally:
        _stop(running.process)


def connected(server: Running, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    connection.sendall(sent)
    return connection


def bearer(server: Running) -> bytes:
    return f"Authorization: Bearer {server.key}\r\n".encode()


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def status(answered: bytes) -> int:
    return int(answered.split(b" ", 2)[1])


@pytest.mark.slow
def test_140_unfinished_bodies_stop_nobody_and_get_their_answer(server: Running, house: House) -> None:
    connections = [connected(server, UNFINISHED % bearer(server)) for _ in range(140)]
    try:
        assert server.get("/healthz")[0] == 200
        assert server.get(f"/v1/scores/{house.member}?purpose=lending")[0] == 200
        answers = [answer(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
    assert {status(one) for one in answers} <= {408, 503} and 408 in map(status, answers)
    assert all(b"x-content-type-options: nosniff" in one and b"application/problem+json" in one for one in answers)


@pytest.mark.slow
@pytest.mark.parametrize("key", [b"", b"Authorization: Bearer kith_none\r\n", b"Cookie: kith_session=none\r\n"])
def test_no_body_is_waited_for_of_whoever_has_no_key(server: Running, house: House, key: bytes) -> None:
    """More of them than bodies may come at once: each is refused, and those with a key send theirs meanwhile."""
    connections = [connected(server, UNFINISHED % key) for _ in range(140)]
    try:
        body = json.dumps({"parties": [house.member]}).encode()
        head = (
            f"POST /v1/scores HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        )
        with closing(connected(server, head.encode() + bearer(server) + b"Connection: close\r\n\r\n" + body)) as good:
            assert status(answer(good)) == 200
        answers = [answer(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
    refused = 403 if key.startswith(b"Cookie") else 401
    assert {status(one) for one in answers} <= {refused, 503} and refused in map(status, answers)


@pytest.mark.slow
def test_bodies_that_drip_are_given_up_at_the_deadline_too(server: Running, house: House) -> None:
    connections = [connected(server, UNFINISHED % bearer(server)) for _ in range(64)]
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(0.2):
            for connection in connections:
                try:
                    connection.sendall(b" ")
                except OSError:
                    continue

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        assert server.get("/healthz")[0] == 200
        assert server.get(f"/v1/scores/{house.member}?purpose=lending")[0] == 200
        answers = [answer(connection) for connection in connections]
    finally:
        ended.set()
        dripping.join()
        for connection in connections:
            connection.close()
    assert {status(one) for one in answers if one} == {408}


@pytest.mark.slow
def test_64_slow_readers_stop_nobody(server: Running, house: House) -> None:
    asked = (
        f"GET /v1/exports/{house.shop}?hops=2&limit=10000 HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {server.key}\r\n\r\n"
    )
    connections = []
    for _ in range(64):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(asked.encode())
        connections.append(connection)
    try:
        assert server.get("/healthz")[0] == 200
        assert server.get(f"/v1/scores/{house.member}?purpose=lending")[0] == 200
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.slow
def test_explanations_of_a_hub_in_parallel_are_bounded_and_the_rest_told_to_come_again(
    server: Running, house: House
) -> None:
    def explain(_: int) -> tuple[int, str | None]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {server.key}", "Connection": "close"}
        connection.request("GET", f"/v1/explanations/{house.shop}", headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.getheader("Retry-After")

    with ThreadPoolExecutor(48) as pool:
        asked = [pool.submit(explain, number) for number in range(48)]
        assert server.get("/healthz")[0] == 200
        assert server.get(f"/v1/scores/{house.member}?purpose=lending")[0] == 200
        answers = [one.result() for one in asked]
    assert {status for status, _ in answers} <= {200, 503} and 200 in dict(answers)
    assert all((after is not None) == (status == 503) for status, after in answers)


def abandoned(server: Running) -> float:
    """How many heavy questions were left by their askers before they were answered."""
    found = re.search(r"^kith_abandoned_total (\S+)$", server.get("/metrics")[1].decode(), re.M)
    return 0.0 if found is None else float(found[1])


@pytest.mark.slow
def test_work_stops_where_its_asker_has_gone(server: Running, house: House) -> None:
    """Nothing is left to do for 60 askers who hang up, neither of those who wait nor of those whose turn it is."""
    before = abandoned(server)
    key = f"Host: x\r\nAuthorization: Bearer {server.key}\r\n\r\n"
    asked = f"GET /v1/explanations/{house.shop} HTTP/1.1\r\n{key}".encode()
    for _ in range(60):
        connected(server, asked).close()
    until(lambda: abandoned(server) >= before + 10, "those who went are counted")
    assert server.get(f"/v1/explanations/{house.member}")[0] == 200
    assert "Traceback" not in server.log.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("said", [b"", b"GET /healthz HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"])
def test_who_connects_and_says_nothing_is_disconnected(server: Running, said: bytes) -> None:
    """Nothing at all, half a head, or the beginning of HTTP/2."""
    with closing(connected(server, said)) as connection:
        assert answer(connection) == b""


@pytest.mark.slow
def test_what_the_server_itself_refuses_is_closed(server: Running) -> None:
    with closing(connected(server, b"GET / HTTP/1.1\r\nno header\r\n\r\n")) as connection:
        assert status(answer(connection)) == 400


@pytest.mark.slow
def test_readiness_says_that_the_records_are_locked(server: Running, copied: House) -> None:
    with closing(sqlite3.connect(copied.folder / "records.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        locked, health = server.get("/readyz"), server.get("/healthz")
        other.execute("ROLLBACK")
    assert (locked[0], health[0]) == (503, 200) and b"records" in locked[1]
    assert server.get("/readyz")[0] == 200


@pytest.mark.slow
def test_a_replaced_records_file_is_the_one_that_counts(server: Running, copied: House, tmp_path: Path) -> None:
    """A key is revoked in a copy, and the copy put in the place of the file."""
    file, copy = copied.folder / "records.db", tmp_path / "records.db"
    path, headers = "/v1/jobs", 8
    text, key = keys.create(open_records(f"sqlite:///{file}"), PURPOSES, "service")
    other = Running(server.process, server.port, text, server.log)
    assert {other.get(path)[0] for _ in range(headers)} == {200}
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    revoking = open_records(f"sqlite:///{copy}")
    keys.revoke(revoking, key.id)
    revoking.dispose()
    copy.replace(file)
    assert {other.get(path)[0] for _ in range(headers)} == {401}
    assert {server.get(path)[0] for _ in range(headers)} == {200}


@pytest.mark.slow
def test_a_deleted_records_file_lets_nobody_in_and_is_not_made_anew(server: Running, copied: House) -> None:
    file, aside = copied.folder / "records.db", copied.folder / "aside.db"
    file.rename(aside)
    try:
        assert {server.get("/v1/jobs")[0] for _ in range(8)} == {503}
        assert (server.get("/readyz")[0], server.get("/healthz")[0]) == (503, 200)
        assert not file.exists()
    finally:
        aside.rename(file)
    assert {server.get("/v1/jobs")[0] for _ in range(8)} == {200}


@pytest.mark.slow
def test_a_truncated_array_ends_no_process_and_is_refused_in_one_line_by_the_next(house: House, tmp_path: Path) -> None:
    """Those that have it mapped answer on from its bytes as they were; who begins afterwards says what is wrong."""
    home = house.copy(tmp_path / "home")
    running = start(home, tmp_path)
    try:
        asked = [f"/v1/scores/{party}" for party in sum(house.truth.rings.values(), ())]

        def both_have_answered() -> bool:
            running.get(asked[0])
            requests = (entry for entry in running.entries() if entry["event"] == "request")
            return len({entry["pid"] for entry in requests if "scores" in entry["route"]}) == 2

        until(both_have_answered, "both processes have answered")
        answers, workers = [running.get(path) for path in asked], [worker.pid for worker in running.workers()]
        array = next((home.folder / "tables").rglob("label_free.f4"))
        assert array.stat().st_size > 1 << 16, "a smaller file is read, not mapped"
        array.chmod(0o644)
        truncate = f"import os; os.truncate({str(array)!r}, 10)"
        subprocess.run([sys.executable, "-c", truncate], check=True, timeout=PATIENCE)
        assert array.stat().st_size == 10
        for _ in range(2):  # whichever process it is
            assert [running.get(path) for path in asked] == answers
        assert [worker.pid for worker in running.workers()] == workers
        noted = [entry for entry in running.entries() if entry["event"] == "file_changed"]
        assert {entry["pid"] for entry in noted} == set(workers)
        assert all(entry["file"].endswith(f"{array.parent.name}/{array.name}") for entry in noted)
        running.workers()[0].send_signal(signal.SIGKILL)
        until(lambda: any(entry["event"] == "start" for entry in running.entries()), "its successor has said why")
        assert {running.get(path)[0] for path in asked} == {200}, "the other one goes on"
    finally:
        _stop(running.process)
    failed = next(entry for entry in running.entries() if entry["event"] == "start")
    assert f"{array.parent}: this feature table is damaged" in failed["error"]
    assert "Traceback" not in running.log.read_text()


METRICS = """
import os, resource, sys
if sys.argv[1] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from api.guards import metrics
metrics.count(None, "/healthz", "GET", 200, 0.1)
sizes = [(file.stat().st_size, 512 * file.stat().st_blocks) for file in os.scandir(sys.argv[2])]
print(metrics.SHARED, all(blocks >= size > 0 for size, blocks in sizes), len(sizes))
print(b'kith_requests_total{method="GET",route="/healthz",status="200"} 1.0' in metrics.latest(None, False))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("disk", "said"), [("room", "True True 3"), ("full", "False True 0")])
def test_counters_take_their_room_at_the_start_or_do_without_files(tmp_path: Path, disk: str, said: str) -> None:
    """A mapped file with holes ends its process where the disk is full when it is written to; these have none."""
    run = subprocess.run(
        [sys.executable, "-c", METRICS, disk, str(tmp_path)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.splitlines() == [said, "True"], run.stderr


def test_records_are_for_their_user_alone(copied: House) -> None:
    open_records(f"sqlite:///{copied.folder}/new/records.db").dispose()
    assert (copied.folder / "new" / "records.db").stat().st_mode & 0o777 == 0o600


def test_rings_are_found_before_anybody_asks(house: House) -> None:
    with house.here():
        app = create_app()
    background.find_rings(app)
    context = app.extensions["kith.context"]
    until(lambda: context._rings is not None, "the rings are found")


def operations(app: APIFlask) -> list[str]:
    """The paths that can be asked with GET without naming anything."""
    paths = app.test_client().get("/openapi.json").get_json()["paths"]
    return [path for path, methods in paths.items() if "get" in methods and "{" not in path]


def test_an_unknown_and_a_repeated_parameter_is_an_error_everywhere(app: APIFlask, ask: Asker, house: House) -> None:
    paths = operations(app)
    assert len(paths) > 10
    for path in [*paths, f"/v1/parties/{house.member}", f"/v1/scores/{house.member}"]:
        answered = ask(path, nonsense="1")
        assert (answered.status_code, "nonsense" in answered.get_json()["detail"]) == (400, True), path
    for path in ("/v1/parties?limit=1&limit=2", f"/v1/scores/{house.member}?purpose=lending&purpose=lending"):
        answered = app.test_client().get(path, headers={"Authorization": f"Bearer {ask.key}"})
        assert (answered.status_code, "2 times" in answered.get_json()["detail"]) == (400, True), path
    assert ask("/v1/cases", "POST", json={"title": "x"}, nonsense="1").status_code == 400
    hidden = ("/metrics", "/docs", "/openapi.json", "/v1/case-report-pages/1", "/v1/score-batches/x")
    for path in hidden:  # what /openapi.json does not describe
        assert ask(path, nonsense="1").status_code == 400, path


def test_an_unknown_kind_names_only_kinds_that_the_key_may_see(
    app: APIFlask, make_key: Callable[..., str], house: House
) -> None:
    asker = Asker(app, make_key("investigator", "lending"))
    for kind in ("FOO", "CALS", "USES_PHON"):
        answered = asker.of(house.member, "neighbours", kind=kind)
        detail = answered.get_json()["detail"]
        assert answered.status_code == 404
        assert not re.search("CALLS|USES_PHONE|FRIEND_OF|LIVES_AT", detail.replace(repr(kind), "")), detail


def test_phones_are_found_only_by_keys_that_may_use_them(
    app: APIFlask, ask: Asker, make_key: Callable[..., str]
) -> None:
    lending = Asker(app, make_key("investigator", "lending"))
    assert ask("/v1/parties", q="ph0001").get_json()["parties"][0]["kind"] == "Phone"
    assert lending("/v1/parties", q="ph0001").get_json()["parties"] == []
    kinds, cursor = set(), None
    while True:
        page = lending("/v1/parties", limit=500, **({} if cursor is None else {"cursor": cursor})).get_json()
        kinds |= {party["kind"] for party in page["parties"]}
        cursor = page["next"]
        if cursor is None:
            break
    assert kinds and not kinds & {"Phone", "Device", "Address", "Account"}


def test_a_cursor_behind_the_last_item_is_stale_everywhere(
    app: APIFlask, ask: Asker, make_key: Callable[..., str], house: House
) -> None:
    for path in (
        "/v1/parties", "/v1/rings", f"/v1/neighbours/{house.member}", f"/v1/expansions/{house.shop}", "/v1/cases",
        "/v1/alerts", "/v1/jobs", "/v1/webhook-deliveries",
    ):  # fmt: skip
        answered = ask(path, cursor=cursor_of(ask, path))
        assert (answered.status_code, "behind the last" in answered.get_json()["detail"]) == (409, True), path
    admin = Asker(app, make_key("admin"))
    for path in ("/v1/disputes", "/v1/notices", "/v1/access-log", "/v1/jobs", "/v1/parties"):
        for cursor in ("999999", "x-1", "-1"):
            assert admin(path, cursor=cursor).status_code == 409, path


def cursor_of(ask: Asker, path: str) -> str:
    """A cursor of this question that points behind its last item."""
    owner = keys.verify(ask.app.extensions["kith.records"], str(ask.key)).owner
    if path == "/v1/jobs":
        return f"{jobs.question(owner, None, None)}-999999"
    if path == "/v1/webhook-deliveries":
        return f"{webhooks.question(owner, None)}-999999"
    if path == "/v1/cases":
        for number in range(2):
            ask(path, "POST", json={"title": f"Case {number}"})
    cursor = ask(path, limit=1).get_json()["next"]
    assert cursor is not None, path
    return f"{cursor.rpartition('-')[0]}-999999"


@pytest.mark.slow
def test_what_the_log_says_of_a_failed_start_is_json(house: House, tmp_path: Path) -> None:
    """A process whose records are of a newer Kith says so in one line."""
    home = house.copy(tmp_path / "home").folder
    open_records(f"sqlite:///{home}/records.db").dispose()
    with closing(sqlite3.connect(home / "records.db")) as records:
        records.execute("UPDATE alembic_version SET version_num = '9999'")
        records.commit()
    program = "from api.gateway.serving import serving; serving()"
    environment = {"KITH_HOME": str(home), "PYTHONPATH": ":".join(sys.path), "PATH": os.environ["PATH"]}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    (line,) = run.stderr.splitlines()
    assert run.returncode == 1 and "9999" in json.loads(line)["error"]
