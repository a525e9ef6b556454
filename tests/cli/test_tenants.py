"""Commands on a server of several institutions: each works on one workspace, and none on a shared one by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import run
from cli.serve import _refuse_shared
from graph.errors import UsageError
from service.records.keys import tenant_of
from service.settings import Settings, read_settings, tenant_names, tenant_settings


@pytest.fixture
def banks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of institutions, none yet."""
    for name in ("KITH_HOME", "KITH_TENANT", "KITH_STORE_URL", "KITH_RECORDS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KITH_TENANTS", str(tmp_path / "banks"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "banks"


def made(*names: str) -> None:
    for name in names:
        assert run(["tenants", "create", name, "--title", f'The "{name}" Bank']) == 0


def test_an_institution_has_a_workspace_and_its_name_stands_in_its_keys(
    banks: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made("north", "south")
    assert (banks / "north").stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("KITH_TENANT", "north")
    assert run(["keys", "create", "--role", "service", "--json", "key.json"]) == 0
    assert tenant_of(json.loads((tmp_path / "key.json").read_text())["key"]) == "north"
    assert (banks / "north" / "records.db").exists() and not (banks / "south" / "records.db").exists()
    monkeypatch.delenv("KITH_TENANTS")
    monkeypatch.delenv("KITH_TENANT")
    monkeypatch.setenv("KITH_HOME", str(banks / "south"))
    assert read_settings().tenant == "south"


def test_a_command_that_names_no_institution_does_nothing(banks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made("north", "south")
    assert run(["keys", "create", "--role", "service"]) == 2
    assert "Set KITH_TENANT to one of the institutions" in capsys.readouterr().err
    assert not Path(".kith").exists()


def test_what_all_would_share_is_refused(banks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("north")
    for name in ("KITH_STORE_URL", "KITH_RECORDS_URL", "KITH_HOME"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "sqlite:///shared.db")
            with pytest.raises(UsageError, match=f"{name}: would be shared by every institution"):
                tenant_settings(read_settings(), "north")


@pytest.mark.parametrize("name", ["", "North", "a_b", "../x", "a.b", "a" * 33, "1a"])
def test_a_name_that_could_not_stand_in_a_key_is_refused(banks: Path, name: str) -> None:
    assert run(["tenants", "create", name]) == 2
    assert tenant_names(read_settings()) == []


def test_the_file_of_an_institution_says_what_is_its_own(banks: Path) -> None:
    made("north")
    file = banks / "north" / "tenant.toml"
    file.write_text(
        'title = "N"\nlegal_profile = "uk_gdpr"\npurposes = "p.toml"\nodds0 = 0.1\nstore = "sqlite:////s.db"\n'
    )
    found = tenant_settings(read_settings(), "north")
    assert (found.legal_profile, found.odds0, found.store) == ("uk_gdpr", 0.1, "sqlite:////s.db")
    assert found.purposes_file == banks / "north" / "p.toml" and found.records.endswith("north/records.db")
    file.write_text('title = "N"\nkeys = 1\n')
    with pytest.raises(UsageError, match=r"tenant.toml, keys: Extra inputs"):
        tenant_settings(read_settings(), "north")


def test_one_that_is_there_is_not_replaced_and_one_that_is_not_is_named(
    banks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made("north")
    assert run(["tenants", "create", "north"]) == 2
    monkeypatch.setenv("KITH_TENANT", "west")
    assert run(["loads"]) == 2
    assert "there is no institution 'west'" in capsys.readouterr().err


def test_they_are_listed_with_what_they_have_to_be_served(banks: Path, tmp_path: Path) -> None:
    made("south", "north")
    assert run(["tenants", "list", "--json", "list.json"]) == 0
    assert json.loads((tmp_path / "list.json").read_text()) == {
        "tenants": [
            {"tenant": name, "title": f'The "{name}" Bank', "snapshot": None, "model": None}
            for name in ("north", "south")
        ]
    }
    assert run(["serve", "--port", "0"]) == 2  # none of them can be


def test_no_two_institutions_are_served_from_one_database() -> None:
    north = Settings(home=Path("/north"), records_url="sqlite:////one.db")
    south = Settings(home=Path("/south"), records_url="sqlite:////other.db")
    _refuse_shared({"north": north, "south": south})
    with pytest.raises(UsageError, match="north and south would share a database"):
        _refuse_shared({"north": north, "south": south.model_copy(update={"records_url": "sqlite:////one.db"})})


def test_a_workspace_becomes_that_of_an_institution(
    banks: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KITH_TENANTS")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "parties.csv").write_text("id,kind\nann,Person\n")
    assert run(["load", "files"]) == 0 and run(["snapshot"]) == 0
    monkeypatch.setenv("KITH_TENANTS", str(banks))
    assert run(["tenants", "create", "north", "--from", ".kith"]) == 0
    assert {path.name for path in (banks / "north").iterdir()} >= {"kith.db", "snapshots", "tenant.toml"}
    assert run(["tenants", "create", "south", "--from", "nothing"]) == 2 and not (banks / "south").exists()
