"""Search for parties by words of their ids and names, the best matches first.

Case, accents and the order of words do not count, nor how a phone number or an IBAN is spaced and which prefix the
number has. Every word of the question must be found, each at one of the levels of `HOW`; a party ranks by the worst of
them, and parties of one rank are in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from graph.snapshots.search_index import SearchIndex, joined, words_of
from graph.snapshots.snapshot import Snapshot

# How a word of the question is found, the best first: as the id itself, as a word, as the same phone number written in
# another way, as the beginning of a word, inside a word, or with one letter wrong, missing, too many or swapped.
HOW: Final = ("id", "word", "number", "beginning", "part", "typo")
INSIDE: Final = frozenset({"part", "typo"})  # a word: one with digits only where it stands alone
MIN_PART: Final = 2  # letters of a word that is looked for inside others
MIN_TYPO: Final = 4  # letters of a word in which one may be wrong
MIN_NUMBER: Final = 7  # digits of what may be a phone number
COUNTRY_DIGITS: Final = 3  # of the longest country code
SCANNED: Final = 1 << 18  # bytes at once, so that they stay in the processor's cache

Flags = npt.NDArray[np.bool_]
Words = range | npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a word of the question was found: `field` is id or name, `how` one of HOW, `found` the word there."""

    word: str
    field: str
    how: str
    found: str


def search(snapshot: Snapshot, text: str, limit: int, after: int = 0, unseen: Collection[str] = ()) -> list[int]:
    """The rows of the parties that match a text: `limit` after the first `after`, the best first, then by id.

    A text without a letter or digit is only looked for as an id. An empty text matches every party. unseen: kinds of
    parties that are not found.
    """
    codes = [code for code, kind in enumerate(snapshot.party_kinds) if kind in unseen]
    found = np.isin(snapshot.party_kind, codes)
    if not text:
        every: list[int] = np.flatnonzero(~found)[after : after + max(limit, 0)].tolist()
        return every
    rows: list[int] = []
    for rank in _ranks(snapshot, text):
        new = np.flatnonzero(rank & ~found).tolist()
        if snapshot.unindexed:  # rows of new parties come last, whatever their ids
            new.sort(key=lambda row: snapshot.id_of(row).encode())
        rows += new[: after + limit - len(rows)]
        if len(rows) >= after + limit:
            break
        found |= rank
    return rows[after : after + max(limit, 0)]


def matches(snapshot: Snapshot, text: str, row: int) -> tuple[Match, ...]:
    """Why a row was found: the best match of each word of the text, in its order; empty where it does not match."""
    ids, name = snapshot.ids_of(row), snapshot.name_of(row)
    if text in ids:
        return (Match(text, "id", HOW[0], text),)
    fields = [*(("id", id) for id in ids), *([("name", name)] if name else [])]
    indexed = [(field, word) for field, value in fields for word in _indexed(value)]
    best: list[Match] = []
    for words in _readings(text):
        found = [match for word in words if (match := _best_match(word, indexed)) is not None]
        if len(found) == len(words) and (not best or _rank(found) < _rank(best)):
            best = found
    return tuple(best)


def _readings(text: str) -> list[list[str]]:
    """What a text may mean: its words, and all of them as one where it may be a number written in groups."""
    words = words_of(text)
    one = joined(words)
    return [reading for reading in (words, [one] if one else []) if reading]


def _indexed(text: str) -> list[str]:
    words = words_of(text)
    one = joined(words)
    return [*words, one] if one else words


def _words_of_party(snapshot: Snapshot, row: int) -> list[str]:
    """The words of all ids and the name of a party."""
    texts = [*snapshot.ids_of(row), snapshot.name_of(row) or ""]
    return [word for text in texts for word in _indexed(text)]


def _rank(found: list[Match]) -> int:
    return max(HOW.index(match.how) for match in found)


def _ranks(snapshot: Snapshot, text: str) -> Iterator[Flags]:
    """For each level, the parties that match a text at this level or a better one: bool[n]."""
    rows = np.zeros(snapshot.n_parties, bool)
    if snapshot.has(text):
        rows[snapshot.row_of(text)] = True
    yield rows
    index = snapshot.search_index
    readings = [[(word, np.zeros(snapshot.n_parties, bool)) for word in words] for words in _readings(text)]
    unindexed = [(row, [("", word) for word in _words_of_party(snapshot, row)]) for row in snapshot.unindexed]
    levels = {
        word: [(row, best.how) for row, words in unindexed if (best := _best_match(word, words)) is not None]
        for word in ({word for reading in readings for word, _ in reading} if unindexed else ())
    }
    for how in HOW[1:]:
        anything = bool(rows.any())
        for reading in readings:
            for word, flags in reading:
                if not word.isalpha() and ((how in INSIDE and len(reading) > 1) or (how == "typo" and anything)):
                    continue  # groups of digits are in every other account, and ids in a row are alike
                for words in _words(index, word, how):
                    flags[index.rows_of(words)] = True
                flags[[row for row, level in levels.get(word, ()) if level == how]] = True
            rows = rows | _all_of([flags for _, flags in reading])
        yield rows


def _all_of(flags: list[Flags]) -> Flags:
    """The rows that are in each of the sets."""
    common = flags[0].copy()
    for others in flags[1:]:
        common &= others
    return common


def _words(index: SearchIndex, word: str, how: str) -> Iterable[Words]:
    """The indexed words in which a word of the question is found so."""
    if how == "word":
        return [index.equal_to(word)]
    if how == "number":
        national = _national(word)
        longer = [] if national is None else [_numbers_ending_with(index, national, len(word) + COUNTRY_DIGITS)]
        return [*(index.equal_to(form) for form in _number_forms(word)), *longer]
    if how == "beginning":
        return [index.beginning_with(word)]
    if how == "part":
        return [_containing(index, word)] if len(word) >= MIN_PART else []
    return [_near(index, word)] if len(word) >= MIN_TYPO else []


# ------------------------------------------------------------------------------------------ phone numbers


def _is_number(word: str) -> bool:
    return word.isdigit() and len(word) >= MIN_NUMBER


def _national(word: str) -> str | None:
    """The digits of a number that is written without its country: 171... of 0171..."""
    return word[1:] if _is_number(word) and word[0] == "0" and word[1] != "0" else None


def _number_forms(word: str) -> list[str]:
    """Other ways to write a phone number: 49171..., 0049171... and, for any country, 0171..."""
    if not _is_number(word) or _national(word) is not None:
        return []
    full = word.removeprefix("00")
    return [full, f"00{full}", *(f"0{full[digits:]}" for digits in range(1, COUNTRY_DIGITS + 1))]


def _numbers_ending_with(index: SearchIndex, national: str, longest: int) -> Words:
    ending = index.ending_with(national)
    texts = [str(index.words.encoded(number), "ascii") for number in ending.tolist()]
    return ending[[_carries(text, national, longest) for text in texts]] if texts else ending


def _carries(text: str, national: str, longest: int) -> bool:
    """Whether a text that ends with a national number is that number with a country before it."""
    return text.isdigit() and len(national) < len(text) <= longest and not text.startswith("0" + national)


# --------------------------------------------------------------------------------------- parts and typos


def _containing(index: SearchIndex, part: str) -> Words:
    """Numbers of the words that contain this one anywhere."""
    wanted = np.frombuffer(part.encode(), np.uint8)
    blob, length = index.blob, len(part)
    places = [np.empty(0, np.int64)]
    for start in range(0, len(blob) - length + 1, SCANNED):
        end = min(start + SCANNED, len(blob) - length + 1)
        same = blob[start:end] == wanted[0]
        for letter in range(1, min(length, 4)):
            same &= blob[start + letter : end + letter] == wanted[letter]
        places.append(np.flatnonzero(same) + start)
    place = np.concatenate(places)
    for letter in range(length - 1, 3, -1):  # the ends of numbers differ most
        place = place[blob[place + letter] == wanted[letter]]
    word = np.searchsorted(index.words.offsets, place, side="right") - 1
    return np.unique(word[place + length <= index.words.offsets[word + 1]])


def _near(index: SearchIndex, word: str) -> Words:
    """Numbers of the words that are this one but for one letter: wrong, missing, too many, or swapped with the next.

    One edit leaves the first half of the word at the beginning or the second half at the end, unless it swaps the two
    letters between them.
    """
    half = len(word) // 2
    swapped = word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :]
    begins = index.beginning_with(word[:half])
    candidates = np.concatenate(
        [np.arange(begins.start, begins.stop), index.ending_with(word[half:]), np.asarray(index.equal_to(swapped), int)]
    )
    near = np.zeros(len(candidates), bool)
    _mark_near(index.blob, np.asarray(index.words.offsets), candidates, np.frombuffer(word.encode(), np.uint8), near)
    return candidates[near]


@numba.njit(cache=True, nogil=True)
def _mark_near(blob: Any, offsets: Any, candidates: Any, word: Any, near: Any) -> None:
    for i in range(len(candidates)):
        low, high = offsets[candidates[i]], offsets[candidates[i] + 1]
        near[i] = _one_edit(blob[low:high], word)


@numba.njit(cache=True, nogil=True)
def _one_edit(a: Any, b: Any) -> bool:
    """Whether one letter is wrong, missing, too many, or swapped with the next; false for equal words."""
    if abs(len(a) - len(b)) > 1:
        return False
    shorter = min(len(a), len(b))
    start = 0
    while start < shorter and a[start] == b[start]:
        start += 1
    end = 0
    while end < shorter - start and a[len(a) - 1 - end] == b[len(b) - 1 - end]:
        end += 1
    different = max(len(a), len(b)) - start - end
    if different == 2 and len(a) == len(b):
        return bool(a[start] == b[start + 1] and a[start + 1] == b[start])
    return different == 1


# ------------------------------------------------------------------------------------------- explanations


def _best_match(word: str, indexed: list[tuple[str, str]]) -> Match | None:
    """The best match of a word of the question among the words of a party, the first of several."""
    found = [Match(word, field, how, other) for field, other in indexed if (how := _how(word, other)) is not None]
    return min(found, key=lambda match: HOW.index(match.how), default=None)


def _how(word: str, other: str) -> str | None:
    """How a word of the question is found in a word of a party, None where it is not."""
    if other == word:
        return "word"
    national = _national(word)
    carried = (
        national is not None and other.endswith(national) and _carries(other, national, len(word) + COUNTRY_DIGITS)
    )
    if carried or other in _number_forms(word):
        return "number"
    if other.startswith(word):
        return "beginning"
    if len(word) >= MIN_PART and word in other:
        return "part"
    letters = [np.frombuffer(text.encode(), np.uint8) for text in (other, word)]
    return "typo" if len(word) >= MIN_TYPO and _one_edit(*letters) else None
