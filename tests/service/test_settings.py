"""Settings: each is documented and read in one place, and a wrong value is one line that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from graph.errors import UsageError
from service.settings import Settings, markdown, read_settings, variable

ROOT = Path(__file__).parents[2]
PACKAGES = ("graph", "loaders", "gnn", "service", "api", "cli", "benchmarks")
VARIABLES = {name: variable(name, field) for name, field in Settings.model_fields.items()}
OF_THE_TESTS = {"KITH_TEST_NEO4J_URL"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES.values():
        monkeypatch.delenv(name, raising=False)


def test_every_setting_is_documented_and_every_documented_setting_is_there() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(VARIABLES.values())
    assert page == markdown(), "write it again: python -m service.settings > docs/settings.md"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_setting_says_what_it_does_and_which_values_it_takes(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description and field.description.endswith(".")
    assert f"| `{VARIABLES[name]}` | " in markdown()


def test_whatever_code_and_documents_call_a_setting_is_one() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    files += [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {name for path in files for name in re.findall(r"\bKITH_[A-Z0-9_]*[A-Z0-9]\b", path.read_text("utf-8"))}
    assert named - OF_THE_TESTS == {name for name in VARIABLES.values() if name.startswith("KITH_")}


def reads_environment(node: ast.AST) -> bool:
    """os.getenv, or os.environ in any other way than being added to."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (
        (node.value.id, node.attr) in {("os", "getenv"), ("os", "environ")}
    )  # fmt: skip


WORKBENCH = ("measure", "network")  # of the bench, which hand it on


def test_the_environment_is_read_in_one_place() -> None:
    """Beside it, processes are told what they are to use, and a terminal's width is asked for."""
    reading = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(map(reads_environment, ast.walk(ast.parse(path.read_text("utf-8")))))
    }
    children = {"gnn/__init__.py", "cli/serve.py", "benchmarks/loading.py", "benchmarks/digests.py"}
    children |= {"benchmarks/http/server.py", *(f"benchmarks/workbench/{name}.py" for name in WORKBENCH)}
    assert reading - children == {"cli/output.py", "service/settings.py"}  # COLUMNS; settings for a process


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("KITH_ODDS0", "a lot", "odds above 0"),
        ("KITH_ODDS0", "nan", "odds above 0"),
        ("KITH_ODDS0", "0", "odds above 0"),
        ("KITH_ODDS0", "inf", "odds above 0"),
        ("KITH_PORT", "65536", "a whole number from 0 to 65535"),
        ("KITH_PORT", "http", "a whole number from 0 to 65535"),
        ("KITH_WORKERS", "0", "a whole number of 1 or more"),
        ("KITH_THREADS", "2.5", "a whole number of 1 or more"),
        ("KITH_HEADER_TIMEOUT", "soon", "seconds from 0.1 to 60"),
        ("KITH_MAX_BODY", "-1", "bytes"),
    ],
)
def test_a_wrong_value_is_one_line_with_the_variable_the_value_and_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, form: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as refused:
        read_settings()
    assert str(refused.value).startswith(f"{name} is {value!r}; it must be {form}") and "\n" not in str(refused.value)


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_PORT", "x")
    monkeypatch.setenv("KITH_WORKERS", "y")
    with pytest.raises(UsageError, match=r"KITH_PORT is 'x'.*KITH_WORKERS is 'y'"):
        read_settings()


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_PORT", "")
    monkeypatch.setenv("KITH_HOME", "")
    assert read_settings() == Settings() and read_settings().port == 8100 and read_settings().home == Path(".kith")


def test_records_lie_in_the_home_unless_a_url_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_HOME", "/srv/kith")
    assert read_settings().records == "sqlite:////srv/kith/records.db"
    monkeypatch.setenv("KITH_RECORDS_URL", "postgresql+pg8000://user:secret@db/kith")
    assert read_settings().records == "postgresql+pg8000://user:secret@db/kith"
    assert "secret" not in repr(read_settings())


def test_another_process_gets_the_same_settings_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Settings(home=Path("/a"), odds0=0.1, model="none", port=0, metrics_dir=Path("/m"))  # type: ignore[call-arg]
    for name, value in ours.environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == ours and ours.model == "none"
    assert ours.metrics_dir == Path("/m")
    monkeypatch.setenv("KITH_MODEL", "./none")
    assert read_settings().model == Path("none")
