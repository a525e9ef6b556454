"""The commands of docs/rights.md run, each section's in its order on a copy of the house, about a party in default."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cli.main import run
from graph.stores.open import open_store
from tests.house import House

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs/rights.md"
PROMPT = "    $ kith "
PARTY, SOURCE, KEY = "p0018", "town-files", '["p0018", "8131f992ff7ea5e0#1"]'  # of the page


def sections() -> dict[str, list[str]]:
    """The commands of the page by the heading that they stand under."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith(PROMPT):
            found.setdefault(heading, []).append(line.removeprefix(PROMPT))
    return found


def in_default(house: House) -> tuple[str, str, str]:
    """Party, source and key of the newest default of the house."""
    with closing(open_store(f"sqlite:///{house.folder}/kith.db")) as store:
        rows = [row for batch in store.read_outcomes() for row in batch.to_pylist()]
    newest = max((row for row in rows if row["outcome"] == "default"), key=lambda row: row["opened"] or 0.0)
    return newest["party"], newest["origin"], json.dumps([newest["party"], newest["key"]])


@pytest.fixture(scope="module")
def walked(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each command printed, by section."""
    party, source, key = in_default(house)
    (rule,) = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    found: dict[str, list[str]] = {}
    for heading, commands in sections().items():
        folder = tmp_path_factory.mktemp("walk")
        house.copy(folder / ".kith")  # no other disputes
        (folder / "repair.toml").write_text(rule)
        write_keys(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("KITH_HOME", ".kith")
            for command in commands:
                asked = command.replace(KEY, key).replace(PARTY, party).replace(SOURCE, source)
                out = io.StringIO()
                with redirect_stdout(out), redirect_stderr(out):
                    code = run(shlex.split(asked))
                assert code == 0, f"kith {asked}: {out.getvalue()}"
                found.setdefault(heading, []).append(" ".join(out.getvalue().split()))
        if heading == "Own report":
            check_reports(folder, party)
        if heading == "Consents":
            assert json.loads((folder / "consents.jsonld").read_text())["@context"]["dpv"] == "https://w3id.org/dpv#"
    return found


def write_keys(folder: Path) -> None:
    """The two halves of the key of an authority, as openssl writes them."""
    key = X25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "authority.pem").write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "authority.pub").write_bytes(public)


def check_reports(folder: Path, party: str) -> None:
    """The page is in Chinese and names nobody else; the full one is sealed, and names them once it is opened."""
    full = json.loads((folder / "full.json").read_text())
    others = {link["other"] for link in full["links"]} - {None, party}
    page = (folder / "report.html").read_text("utf-8")
    assert "关于您的全部信息" in page and others and not any(other in page for other in others)
    assert not any(other in (folder / "report.sealed").read_text() for other in others)


def headings() -> Iterator[str]:
    yield from sections()


def test_every_part_of_the_page_has_commands() -> None:
    assert set(headings()) == {
        "Keys of the person scored", "Disputes", "Statements", "Objections", "Consents", "Suppression rules",
        "Own report", "Deletion", "Blacklists",
    }  # fmt: skip


def test_the_page_leads_through_a_dispute_and_an_entry(walked: dict[str, list[str]]) -> None:
    assert "deleted" in walked["Disputes"][4]
    assert walked["Suppression rules"][0].startswith("the rule repair_2026 is in force from 2026-01-01")
    assert "overruled" in walked["Objections"][-1]
    assert "is listed for default until" in walked["Blacklists"][5]
    assert "The shop" in walked["Blacklists"][6]
