"""One small trained town for all the tests of service that only need some model."""

from __future__ import annotations

import pytest

from tests.gnn.networks import Trained, town


@pytest.fixture(scope="session")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained.on(town(150), tmp_path_factory.mktemp("hamlet") / "snapshot")
