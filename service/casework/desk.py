"""Where investigators work: what they look at, where it is kept, who works and when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from graph.purposes import Purpose
from service.answers.objecting import Objecting, nobody, own_purpose
from service.casework.people import Reader
from service.context import ServingContext


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the work is done: the network that is served, the records, who works, and the time (seconds since 1970).

    objecting: which parties are answered for by another purpose than one, and by which.
    """

    context: ServingContext
    records: Engine
    reader: Reader
    now: float
    objecting: Objecting = nobody

    def purpose_for(self, party: str, purpose: Purpose) -> Purpose:
        """The purpose by which a party is answered for."""
        return own_purpose(self.context, party, purpose, self.objecting)
