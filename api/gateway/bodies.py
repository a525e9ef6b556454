"""The body of a request, read within a deadline and up to a size, many at once without a thread for any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import Final

from graph.errors import BodyLate, TryLater, UsageError

AT_ONCE: Final = 64  # bodies in memory that are still coming


class Bodies:
    """Reads bodies. seconds: within which one must have arrived."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._coming = 0

    async def read(self, chunks: AsyncIterable[bytes], announced: int | None, most: int) -> bytes:
        """The body, or one byte more than `most`, beyond which it is not read on.

        announced: its length by its header, None where it is not said.
        Raises BodyLate, TryLater, and UsageError for one that ended before it was complete.
        """
        if announced is not None and announced > most:
            return bytes(most + 1)
        if self._coming >= AT_ONCE:
            raise TryLater("too many bodies are on their way at once", 1.0)
        self._coming += 1
        try:
            async with asyncio.timeout(self._seconds):
                body = await _all(chunks, most)
        except TimeoutError:
            raise BodyLate(f"the body did not arrive within {self._seconds:g} s") from None
        finally:
            self._coming -= 1
        if announced is not None and len(body) < announced:
            raise UsageError("the body ended before it was complete")
        return body


async def _all(chunks: AsyncIterable[bytes], most: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            break
    return bytes(body[: most + 1])
