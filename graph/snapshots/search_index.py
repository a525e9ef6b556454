"""The words of a snapshot's ids and names, each with the parties that have it: what a search looks up.

A word is a run of letters and digits, folded: ASCII (by anyascii), lower case, without accents. A text of several words
with a digit among them is indexed as one word too, so that an IBAN, a phone number or an id is found however it is
spaced. The v words are sorted by their bytes:

    search/word.{i8,utf8}     offsets int64[v + 1] and the words
    search/posting.{i8,i4}    row pointers int64[v + 1] and, for each word, the rows of the parties, ascending
    search/by_end.i4          int32[v]: the words in the order of their reversed bytes
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

from graph.csr import indptr_of, ranges
from graph.snapshots.columns import first_of_runs
from graph.snapshots.files import Array, FileWriter, MappedFiles
from graph.snapshots.texts import Texts

NO_WORD: Final = "[^a-z0-9]+"
TRUNK_ZERO: Final = "(0)"  # of +49 (0)171, which nobody dials
AFTER_ALL: Final = b"\xff"  # above every byte of a word


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order.

    >>> words_of("Weiß, Zoë (K-10 400)")
    ['weiss', 'zoe', 'k', '10', '400']
    """
    ascii = text if text.isascii() else anyascii(text)
    return re.sub(NO_WORD, " ", ascii.lower().replace(TRUNK_ZERO, "")).split()


def joined(words: list[str]) -> str | None:
    """The words as one, where a text of them is indexed so: there are several, and a digit is among them.

    >>> joined(["de76", "3704", "0044"])
    'de7637040044'
    """
    one = "".join(words)
    return one if len(words) > 1 and any(letter.isdigit() for letter in one) else None


def write_search_index(writer: FileWriter, *texts: tuple[pa.Array, Array]) -> None:
    """Write the index of some columns of texts (null for none), each with the row of every text."""
    words, rows = _words_and_rows(texts)
    encoded = words.dictionary_encode()
    order = np.asarray(pc.sort_indices(encoded.dictionary))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    word = rank[np.asarray(encoded.indices)]
    postings = np.sort((word << 32) | rows)
    postings = postings[first_of_runs(postings)]
    distinct = encoded.dictionary.take(pa.array(order))
    writer.texts("search/word", distinct)
    writer.array("search/posting.i8", indptr_of(np.bincount(postings >> 32, minlength=len(distinct))), "<i8")
    writer.array("search/posting.i4", postings & 0xFFFFFFFF, "<i4")
    by_end = pc.sort_indices(pc.binary_reverse(distinct.cast(pa.large_binary())))
    writer.array("search/by_end.i4", np.asarray(by_end), "<i4")


def _words_and_rows(texts: tuple[tuple[pa.Array, Array], ...]) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Every word of every text, and its row; a text of several words with a digit gives one more, of them all."""
    words, rows = [pa.array([], pa.large_string())], [np.empty(0, np.int64)]
    for column, row in texts:
        text = folded(column)
        lists = pc.split_pattern(text, " ")
        words.append(lists.flatten())
        rows.append(row[np.asarray(pc.list_parent_indices(lists))])
        several = pc.match_substring(text, " ")
        one = pc.replace_substring(text.filter(several), " ", "")
        with_digit = pc.invert(pc.ascii_is_alpha(one))
        words.append(one.filter(with_digit))
        rows.append(row[np.asarray(several)][np.asarray(with_digit)])
    word, row = pa.concat_arrays(words), np.concatenate(rows).astype(np.int64)
    some = np.asarray(pc.not_equal(word, ""))
    return word.filter(pa.array(some)), row[some]


def folded(texts: pa.Array) -> pa.Array:
    """The words of each text with a space between them, as `words_of` finds them."""
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    other = pc.invert(pc.string_is_ascii(texts))
    foreign = [anyascii(text) for text in texts.filter(other).to_pylist()]
    lower = pc.ascii_lower(_replaced(texts, other, pa.array(foreign, pa.large_string())))
    signed = pc.invert(pc.ascii_is_alnum(pc.replace_substring(lower, " ", "")))
    plain = pc.replace_substring(lower.filter(signed), TRUNK_ZERO, "")
    lower = _replaced(lower, signed, pc.replace_substring_regex(plain, NO_WORD, " "))
    return pc.ascii_trim(lower, " ")


def _replaced(texts: pa.Array, which: pa.Array, by: pa.Array) -> pa.Array:
    return pc.replace_with_mask(texts, which, by) if len(by) else texts


class SearchIndex:
    """The mapped index of one snapshot."""

    def __init__(self, files: MappedFiles) -> None:
        self._files = files
        self.words = Texts(*files.texts("search/word"))
        self._indptr: npt.NDArray[np.int64] = files.array("search/posting.i8", len(self.words) + 1)
        self._rows: npt.NDArray[np.int32] = files.array("search/posting.i4")

    @cached_property
    def _by_end(self) -> npt.NDArray[np.int32]:
        return self._files.array("search/by_end.i4", len(self.words))

    @cached_property
    def blob(self) -> npt.NDArray[np.uint8]:
        """The bytes of all words, one after another."""
        return np.frombuffer(self.words.blob, np.uint8)

    def equal_to(self, word: str) -> range:
        """Numbers of the words that are this one: one or none."""
        at = self.words.row_of(word)
        return range(0) if at is None else range(at, at + 1)

    def beginning_with(self, start: str) -> range:
        """Numbers of the words that begin so."""
        wanted = start.encode()
        return range(self.words.position(wanted), self.words.position(wanted + AFTER_ALL))

    def ending_with(self, end: str) -> npt.NDArray[np.int32]:
        """Numbers of the words that end so."""
        wanted = end.encode()[::-1]
        return self._by_end[self._position_by_end(wanted) : self._position_by_end(wanted + AFTER_ALL)]

    def _position_by_end(self, wanted: bytes) -> int:
        low, high = 0, len(self._by_end)
        while low < high:
            middle = (low + high) // 2
            if self.words.encoded(int(self._by_end[middle]))[::-1] < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def rows_of(self, words: range | npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Rows of the parties that have one of the words, some of them more than once, in any order."""
        if isinstance(words, range):
            return self._rows[self._indptr[words.start] : self._indptr[words.stop]]
        return self._rows[ranges(self._indptr[words], self._indptr[np.asarray(words) + 1])[1]]
