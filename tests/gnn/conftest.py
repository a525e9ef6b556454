"""One trained model for the tests of gnn that look at many parties of a town; the others use `hamlet`."""

from __future__ import annotations

import pytest

from tests.gnn.networks import Trained, town


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained.on(town(600), tmp_path_factory.mktemp("trained") / "snapshot")
