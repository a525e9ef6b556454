"""A new snapshot of the store, made in a process of its own: `python -m service.live.renewing`."""

from __future__ import annotations

import os

from graph.stores.open import open_store
from service.settings import read_settings
from service.webhooks.announcing import announce
from service.workspace import Workspace

NICE = 10  # so that those who answer come first

if __name__ == "__main__":
    os.nice(NICE)
    settings = read_settings()
    store = open_store(settings.store)
    try:
        made = Workspace(settings.home).keep_snapshot(store)
        announce(settings, "snapshot.published", {"snapshot": made.id, "revision": made.revision, "as_of": None})
    finally:
        store.close()
