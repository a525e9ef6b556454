"""One trained model for all the tests of gnn that serve."""

from __future__ import annotations

import pytest

from tests.gnn.networks import Trained, town


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained.on(town(600), tmp_path_factory.mktemp("trained") / "snapshot")
