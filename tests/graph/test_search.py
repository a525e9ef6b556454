"""What a search finds, in which order, and why."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from graph.explore.search import matches, search
from graph.schema import Party
from graph.snapshots.search_index import folded, words_of
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

PARTIES = [
    Party("K-1", "Person", "Weiß, Zoë"),
    Party("K-2", "Person", "Olga Kowalski"),
    Party("K-3", "Person", "Olga Großmann"),
    Party("K-4", "Person", "Lena Rossi"),
    Party("DE76370400440532013293", "Account", "Girokonto"),
    Party("491712000037", "Phone"),
    Party("01712000099", "Phone"),
    Party("东", "Person", "北京 Ltd"),
    Party("=+", "Person"),
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return Facts(PARTIES, []).snapshot(tmp_path_factory.mktemp("search") / "s")


def found(town: Snapshot, text: str) -> list[str]:
    return [town.id_of(row) for row in search(town, text, 99)]


def how(town: Snapshot, text: str, id: str) -> list[tuple[str, str, str]]:
    return [(match.field, match.how, match.found) for match in matches(town, text, town.row_of(id))]


@pytest.mark.parametrize("text", ["Weiß, Zoë", "zoe weiss", "ZOE", "WEIẞ"])
def test_case_accents_and_the_order_of_words_do_not_count(town: Snapshot, text: str) -> None:
    assert found(town, text) == ["K-1"]


@pytest.mark.parametrize(
    "text", ["DE76 3704 0044 0532 0132 93", "de76-3704-0044-0532-0132-93", "DE76370400440532013293"]
)
def test_an_iban_is_found_however_it_is_spaced(town: Snapshot, text: str) -> None:
    assert found(town, text) == ["DE76370400440532013293"]


@pytest.mark.parametrize(
    "text", ["0171 2000037", "0171/2000037", "+49 171 2000037", "0049 171 2000037", "+49 (0)171 2000037"]
)
def test_a_phone_number_is_found_with_every_prefix(town: Snapshot, text: str) -> None:
    assert found(town, text) == ["491712000037"]


def test_a_number_stored_without_its_country_is_found_with_it(town: Snapshot) -> None:
    assert found(town, "+49 171 2000099") == ["01712000099"]
    assert how(town, "+49 171 2000099", "01712000099") == [("id", "number", "01712000099")]


def test_words_come_before_beginnings_beginnings_before_parts_and_typos_last(town: Snapshot) -> None:
    assert found(town, "ross") == ["K-4", "K-3"]
    assert how(town, "ross", "K-4") == [("name", "beginning", "rossi")]
    assert how(town, "ross", "K-3") == [("name", "part", "grossmann")]
    assert found(town, "3293") == ["DE76370400440532013293"]


@pytest.mark.parametrize("typo", ["Kowalsky", "Kowlaski", "Kowalki", "Kowaalski", "Okwalski"])
def test_one_letter_may_be_wrong_missing_too_many_or_swapped(town: Snapshot, typo: str) -> None:
    assert found(town, f"{typo} Olga") == ["K-2"]
    assert how(town, typo, "K-2") == [("name", "typo", "kowalski")]


def test_two_typos_in_a_word_are_another_word(town: Snapshot) -> None:
    assert found(town, "Kovalsky") == []


def test_every_word_must_be_found_in_the_id_or_the_name(town: Snapshot) -> None:
    assert found(town, "olga") == ["K-2", "K-3"]
    assert found(town, "olga K-3") == ["K-3"]
    assert found(town, "olga zoe") == []


def test_the_id_itself_comes_first_whatever_it_is_written_with(town: Snapshot) -> None:
    assert found(town, "K-1")[0] == "K-1"
    assert found(town, "=+") == ["=+"]
    assert found(town, "beijing") == ["东"]
    assert how(town, "=+", "=+") == [("id", "id", "=+")]


def test_an_empty_text_finds_everybody_and_signs_alone_nobody(town: Snapshot) -> None:
    assert found(town, "") == [town.id_of(row) for row in range(town.n_parties)]
    assert found(town, ".*") == []


def test_pages_continue_one_another(town: Snapshot) -> None:
    every = search(town, "o", 99)
    assert [search(town, "o", 1, after)[0] for after in range(len(every))] == every
    assert search(town, "o", 1, len(every)) == [] and search(town, "o", 0) == []


def test_every_row_that_is_found_says_why(town: Snapshot) -> None:
    for text in ("ross", "olga k", "k1", "3293", "171 2000037", "Kowalsky", "0171 2000037"):
        assert all(matches(town, text, row) for row in search(town, text, 99))
    assert matches(town, "zzz", 0) == ()


def test_an_empty_snapshot_is_searched_too(tmp_path: Path) -> None:
    empty = Facts([], []).snapshot(tmp_path / "s")
    assert search(empty, "a", 5) == search(empty, "", 5) == search(empty, "0171 2000037", 5) == []


@pytest.mark.parametrize("text", ["Weiß, Zoë", "+49 (0)171 2000037", " a\x00b\n", "", "---", "İstanbul", "K-1", "😀"])
def test_a_question_isfolded_as_the_index_is(text: str) -> None:
    assert folded(pa.array([text]))[0].as_py() == " ".join(words_of(text))
