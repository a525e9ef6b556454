"""What is kept of the answers to the questions asked last."""

from __future__ import annotations

from service.last_asked import LastAsked


def test_a_value_is_made_once_and_that_asked_for_longest_ago_is_forgotten() -> None:
    made: list[str] = []

    def making(key: str) -> str:
        made.append(key)
        return key.upper()

    held: LastAsked[str, str] = LastAsked(2)
    assert [held.of(key, lambda key=key: making(key)) for key in "abacab"] == list("ABACAB")  # type: ignore[misc]
    assert made == list("abcb")
