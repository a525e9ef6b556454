"""Sessions: a person's key for a cookie, which other sites cannot use and which ends with its key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from api.app import create_app
from graph.errors import KeyRefused
from graph.purposes import PURPOSES
from service.context import ServingContext
from service.records import keys, sessions
from service.records.database import open_records
from service.settings import Settings
from tests.api.test_problems import problem
from tests.house import House

OURS = {"X-Kith-Request": "workbench", "Origin": "http://localhost"}
SIMULATION: dict[str, Any] = {"json": {"defaults": ["a"], "limit": 1}}


def sign_in(client: FlaskClient, key: str) -> TestResponse:
    return client.post("/v1/sessions", headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def client(app: APIFlask, make_key: Callable[..., str]) -> FlaskClient:
    """A browser of somebody who is signed in."""
    browser = app.test_client()
    assert sign_in(browser, make_key()).status_code == 201
    return browser


def test_the_key_of_a_person_opens_a_session(app: APIFlask, make_key: Callable[..., str], house: House) -> None:
    browser = app.test_client()
    answer = sign_in(browser, make_key("admin", "lending", name="  Bo   Hale "))
    assert answer.json is not None
    assert (answer.json["person"], answer.json["role"], answer.json["purposes"]) == ("Bo Hale", "admin", ["lending"])
    assert answer.json["snapshot"] == house.context().snapshot.id and answer.json["open"]
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; ")) and "Secure" not in cookie
    assert browser.get("/v1/sessions/current").json == answer.json
    assert browser.get("/v1/scores/a?purpose=lending").status_code == 200


def test_over_https_the_cookie_is_sent_over_https_alone(app: APIFlask, make_key: Callable[..., str]) -> None:
    key = {"Authorization": f"Bearer {make_key()}"}
    directly = app.test_client().post("/v1/sessions", headers=key, base_url="https://localhost")
    by_proxy = app.test_client().post("/v1/sessions", headers=key | {"Origin": "https://localhost"})
    for answer in (directly, by_proxy):
        assert "Secure" in answer.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize("role", ["service", "investigator"])
def test_a_key_of_a_service_or_without_a_person_opens_none(app: APIFlask, make_key: Any, role: str) -> None:
    key = make_key(role, "lending", name="Shop" if role == "service" else None)
    answer = sign_in(app.test_client(), key)
    assert ("role service" if role == "service" else "--name") in problem(answer, 403).detail
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("key", ["", "kith_no_key_at_all"])
def test_no_key_opens_no_session(app: APIFlask, key: str) -> None:
    problem(sign_in(app.test_client(), key), 401)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"X-Kith-Request": "workbench"},
        {"X-Kith-Request": "1", "Origin": "http://localhost"},
        OURS | {"Origin": "http://localhost:81"},
        OURS | {"Origin": "http://evil.example"},
        OURS | {"Origin": "null"},
        OURS | {"Origin": "http://["},
        OURS | {"Sec-Fetch-Site": "cross-site"},
        OURS | {"Sec-Fetch-Site": "same-site"},
        {"X-Kith-Request": "workbench", "Sec-Fetch-Site": "none"},
    ],
)
def test_another_site_makes_a_browser_write_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    problem(client.post("/v1/simulations", headers=headers, **SIMULATION), 403)
    problem(client.delete("/v1/sessions", headers=headers), 403)
    assert client.get("/v1/sessions/current").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        OURS,
        OURS | {"Origin": "https://localhost"},  # through a proxy that ends TLS
        OURS | {"Sec-Fetch-Site": "same-origin"},
        {"X-Kith-Request": "workbench", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_the_page_itself_may_write(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/simulations", headers=headers, **SIMULATION).status_code == 200


def test_a_key_that_is_sent_needs_no_such_header(client: FlaskClient, make_key: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {make_key()}"}
    assert client.post("/v1/simulations", headers=headers, **SIMULATION).status_code == 200


def test_who_signs_out_is_out(client: FlaskClient) -> None:
    token = client.get_cookie("kith_session")
    assert token is not None
    answer = client.delete("/v1/sessions", headers=OURS)
    assert answer.json is not None and answer.json["open"] is False
    problem(client.get("/v1/sessions/current"), 401)
    client.set_cookie("kith_session", token.value)
    assert "over" in problem(client.get("/v1/sessions/current"), 401).detail


def test_a_revoked_key_ends_its_sessions_at_the_next_request(app: APIFlask, house: House) -> None:
    made = house.kith("keys", "create", "--role", "investigator", "--name", "Ada Lim").json
    assert made is not None
    browser = app.test_client()
    sign_in(browser, made["key"])
    assert browser.get("/v1/parties").status_code == 200
    house.kith("keys", "revoke", str(made["id"]))
    assert "revoked" in problem(browser.get("/v1/parties"), 401).detail


def test_a_token_that_nobody_was_given_opens_nothing(app: APIFlask) -> None:
    browser = app.test_client()
    browser.set_cookie("kith_session", "guessed")
    problem(browser.get("/v1/parties"), 401)


@pytest.fixture
def records(tmp_path: Path) -> Engine:
    return open_records(f"sqlite:///{tmp_path}/records.db")


def test_a_session_ends_after_the_idle_time_and_lives_on_while_it_is_used(records: Engine) -> None:
    _, key = keys.create(records, PURPOSES, "investigator", (), "Ada Lim")
    token = sessions.open_session(records, key, 0.0)
    for now in (50.0, 100.0, 150.0):
        assert sessions.key_of_session(records, token, 60.0, now).name == "Ada Lim"
    with pytest.raises(KeyRefused, match="60 s without a request"):
        sessions.key_of_session(records, token, 60.0, 211.0)


def test_the_idle_time_is_a_setting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ServingContext(house.context().snapshot, None)
    records = open_records("sqlite://")
    app = create_app(context, records, Settings(home=house.folder, session_idle=60.0))
    browser = app.test_client()
    answer = sign_in(browser, keys.create(records, PURPOSES, "investigator", (), "Ada Lim")[0])
    assert answer.json is not None and answer.json["idle_seconds"] == 60.0
    later = time.time() + 61
    monkeypatch.setattr("api.access.time.time", lambda: later)
    problem(browser.get("/v1/sessions/current"), 401)


def test_only_the_digest_of_a_token_is_kept(records: Engine, tmp_path: Path) -> None:
    _, key = keys.create(records, PURPOSES, "investigator", (), "Ada Lim")
    token = sessions.open_session(records, key, 0.0)
    records.dispose()
    assert token.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


# The page


@pytest.fixture
def site(app: APIFlask, tmp_path: Path) -> Iterator[Path]:
    """A page that was built."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Kith</title>")
    (tmp_path / "assets" / "main-ABC.js").write_text("1")
    before = app.extensions["kith.site"]
    app.extensions["kith.site"] = tmp_path
    yield tmp_path
    app.extensions["kith.site"] = before


def test_the_page_needs_no_key_and_runs_only_what_it_brings(app: APIFlask, site: Path) -> None:
    answer = app.test_client().get("/?view=1")
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Kith</title>")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_files_with_a_hash_are_kept_for_ever(app: APIFlask, site: Path) -> None:
    answer = app.test_client().get("/assets/main-ABC.js")
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("text/javascript")
    for path in ("/assets/other.js", "/assets/../index.html", "/assets/%2e%2e/index.html", "/index.html"):
        assert app.test_client().get(path).status_code == 404


def test_a_page_that_is_not_built_says_what_to_do(app: APIFlask, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.extensions, "kith.site", tmp_path)
    answer = app.test_client().get("/")
    assert answer.status_code == 503 and "make setup" in answer.text and answer.text.count("\n") == 1


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/v1/parties", "/healthz", "/nothing"])
def test_every_answer_is_safe_to_show(app: APIFlask, path: str) -> None:
    headers = app.test_client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
