"""The published inputs of ../shared/cases/loading answer as their READMEs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loaders.shared_cases import CASES, cases_folder, run

pytestmark = pytest.mark.data

CHECKS = [(name, check.__name__) for name, checks in CASES.items() for check in checks]


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_a_shared_case_loads_right(name: str, check: str) -> None:
    folder = cases_folder()
    if folder is None:
        pytest.skip("../shared/cases/loading is not there; these inputs are not part of the project")
    [function] = [function for function in CASES[name] if function.__name__ == check]
    run(name, function, Path(folder))
