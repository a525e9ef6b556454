"""The page's sources: their types against the API, their style, their unit tests, and what is built from them."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest
from apiflask import APIFlask

from api.app import create_app
from tests.api.test_clients import programs
from tests.browser.conftest import WEB
from tests.house import House

pytestmark = pytest.mark.slow

MOST_MODULES = 15
MOST_SCRIPT = 300 * 1024  # bytes, compressed


def run(*command: str | Path, cwd: Path = WEB) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def app(house: House) -> APIFlask:
    with house.here():
        return create_app()


def test_the_page_asks_and_reads_as_the_api_describes(app: APIFlask, built: Path, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(app.test_client().get("/openapi.json").json))
    types = WEB / "src" / "api" / "openapi.d.ts"
    generator = programs() / "openapi-typescript"
    run(generator, tmp_path / "openapi.json", "-o", types, "--default-non-nullable=false")
    run("npm", "run", "check")


def test_the_unit_tests_of_the_page_pass(built: Path) -> None:
    assert re.search(r"^# fail 0$", run("npm", "test"), re.MULTILINE)


def test_the_built_page_is_small_and_named_by_its_content(built: Path) -> None:
    page = (built / "index.html").read_text()
    names = re.findall(r'"/assets/([^"]+)"', page)
    assert len(names) == 2 and all(re.fullmatch(r"main-[A-Z0-9]{8}\.(js|css)", name) for name in names)
    script = next(built / "assets" / name for name in names if name.endswith(".js"))
    assert len(gzip.compress(script.read_bytes())) <= MOST_SCRIPT
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|style=|onload=", page)


def test_a_folder_of_the_page_is_small_and_every_module_says_what_it_is_for() -> None:
    modules = [path for path in (WEB / "src").rglob("*.ts*") if not path.name.endswith(".d.ts")]
    for folder in {path.parent for path in modules}:
        assert sum(path.parent == folder for path in modules) <= MOST_MODULES, folder
    assert [path.name for path in modules if not path.read_text().startswith("// ")] == []


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (WEB / "package-lock.json").read_text()
