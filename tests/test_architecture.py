"""The map names every package, and no folder of code holds more modules than a newcomer can look through."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("graph", "loaders", "gnn", "service", "api", "cli", "benchmarks", "neo4j_server")
FOLDERS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_of_code_is_small_and_says_what_it_is_for(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) - 1 <= 15  # beside __init__.py
    assert '"""' in (folder / "__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_map_names_the_folder(folder: Path) -> None:
    top, *rest = folder.relative_to(ROOT).parts
    assert f"{top}/" in MAP
    assert not rest or f"`{rest[0]}/" in MAP or f"`{rest[0]}`" in MAP
