"""What real exports hold beside rows: comments, `sep=`, repeated headers, quotes that mean nothing, other encodings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import MappingError
from graph.stores.base import GraphStore
from loaders.mapping_file import parse_mapping
from tests.loaders.conftest import Loading
from tests.loaders.files import endpoints, parties, rejected_rows

TIES = 'name = "ties"\nends = "implied"\n[[files]]\nname = "*"\ntable = "relationships"\n{keys}\n[files.fields]\n'
FIELDS = 'source = "a"\ntarget = "b"\nkind = {{ constant = "CALLS" }}\n'


def put(folder: Path, raw: str | bytes, keys: str, name: str = "ties.txt") -> tuple[Path, Path]:
    """A file and a mapping of its columns a and b to the ends of calls, with these keys of the file."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    mapping = folder.parent / "ties.toml"
    mapping.write_text((TIES + FIELDS).format(keys=keys))
    return folder / name, mapping


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        ("# Nodes: 2\n#a b\nann bo\n# the end\n", 'columns = ["a", "b"]\ndelimiter = " "'),
        ("% sym unweighted\nann bo\n", 'columns = ["a", "b"]\ndelimiter = " "'),
        ("a,b\n// nobody,else\nann,bo\n", 'comment = "//"'),
        ("Export of May\n\na,b\nann,bo\n", "header = 3"),
        ("first,line\nann,bo\n", 'columns = ["a", "b"]\nskip = 1'),
        ("sep=;\na;b\nann;bo\n", ""),
        ("\ufeffsep=|\r\na|b\r\nann|bo\r\n", ""),
        ("a,b\nann,bo\na,b\n\ufeffa,b\n", ""),
        ("a,b\nann,bo\n", 'columns = ["a", "b"]'),
        ('a\tb\n"ann\tbo\n', 'delimiter = "\\t"\nquotes = false'),
    ],
)
def test_lines_that_are_no_rows_are_skipped(
    tmp_path: Path, loading: Loading, store: GraphStore, raw: str, keys: str
) -> None:
    path, mapping = put(tmp_path / "in", raw, keys)
    result = loading(path, mapping=mapping)
    assert (result.read, result.rejected) == (1, 0)
    assert [(str(a).strip('"'), b) for a, b, _ in endpoints(store)] == [("ann", "bo")]


def test_skipped_comments_and_dropped_headers_are_counted(tmp_path: Path, loading: Loading) -> None:
    path, mapping = put(tmp_path / "in", "# one\n# two\na b\nann bo\na b\n", 'columns = ["a", "b"]\ndelimiter = " "')
    assert loading(path, mapping=mapping).warnings == (
        "ties.txt: skipped 2 comment lines (the first is line 1)",
        "ties.txt: dropped 2 rows that repeat the header (the first is line 3)",
    )


def test_ids_that_begin_with_a_hash_stay_ids(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    path, mapping = put(tmp_path / "in", "a,b\n#12,#13\n", "")
    assert loading(path, mapping=mapping).warnings == ()
    assert endpoints(store) == [("#12", "#13", "CALLS")]
    path, mapping = put(tmp_path / "in", "#12,#14\n", 'columns = ["a", "b"]\ncomment = ""')
    assert loading(path, mapping=mapping).warnings == ()
    assert ("#12", "#14", "CALLS") in endpoints(store)


def test_a_quoted_value_over_lines_that_are_rows_is_rejected_with_the_question(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    path, mapping = put(tmp_path / "in", 'a\tb\nx\t"bo\ncy\tdi\nem\ty"\n', 'delimiter = "\\t"')
    result = loading(path, mapping=mapping)
    assert rejected_rows(result) == [(2, "", 'x\t"bo', "rows_in_quotes")]
    assert "set quotes = false in the mapping" in result.examples[0].text
    assert [ends[:2] for ends in endpoints(store)] == [("cy", "di"), ("em", 'y"')]


def test_a_value_over_several_lines_is_told(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    path, mapping = put(tmp_path / "in", 'a,b\n"ann\nlee",bo\n', "")
    [warning] = loading(path, mapping=mapping).warnings
    assert "1 rows have a value that goes over several lines (the first begins at line 2)" in warning
    assert endpoints(store) == [("ann\nlee", "bo", "CALLS")]


def test_bytes_of_windows_are_advised_as_what_they_are(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    path, mapping = put(tmp_path / "in", b"a,b\nO\x92Neil,bo\n", "")
    assert 'encoding = "cp1252"' in loading(path, mapping=mapping).examples[0].text
    path, mapping = put(tmp_path / "in", b"a,b\nO\x92Neil,bo\n", 'encoding = "cp1252"')
    assert loading(path, mapping=mapping).warnings == ()
    assert endpoints(store) == [("O\u2019Neil", "bo", "CALLS")]


def test_of_a_mixed_file_the_rows_are_to_be_corrected(tmp_path: Path, loading: Loading) -> None:
    path, mapping = put(tmp_path / "in", "a,b\nJosé,bo\n".encode() + b"Ren\xe9e,bo\n", "")
    text = loading(path, mapping=mapping).examples[0].text
    assert "correct this row in the rejects file" in text
    assert "encoding =" not in text


@pytest.mark.parametrize(("raw", "word"), [("Zoë".encode(), "look like UTF-8"), (b"O\x92Neil", "cp1252")])
def test_an_encoding_that_makes_other_letters_is_told(tmp_path: Path, loading: Loading, raw: bytes, word: str) -> None:
    path, mapping = put(tmp_path / "in", b"a,b\n" + raw + b",bo\n", 'encoding = "latin-1"')
    [warning] = loading(path, mapping=mapping).warnings
    assert word in warning
    assert "line 2" in warning


def test_parquet_uuids_are_ids(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    (tmp_path / "in").mkdir()
    ids = [UUID(int=7), UUID(int=2**127 + 9)]
    column = pa.array([id.bytes for id in ids], pa.uuid())
    pq.write_table(pa.table({"id": column}), tmp_path / "in" / "parties.parquet")
    assert loading(tmp_path / "in").rejected == 0
    assert sorted(parties(store)) == [str(id) for id in ids]


def test_timestamps_of_96_bits_keep_years_beyond_nanoseconds(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    (tmp_path / "in").mkdir()
    times = {"valid_from": datetime(1500, 1, 1), "valid_to": datetime(9000, 1, 1)}
    table = pa.table({"id": ["ann"]} | {name: pa.array([time], pa.timestamp("us")) for name, time in times.items()})
    pq.write_table(table, tmp_path / "in" / "parties.parquet", use_deprecated_int96_timestamps=True)
    loading(tmp_path / "in")
    ann = parties(store)["ann"]
    assert {name: ann[name] for name in times} == {
        name: time.replace(tzinfo=UTC).timestamp() for name, time in times.items()
    }


@pytest.mark.parametrize("keys", ["header = 0", 'header = 2\ncolumns = ["a"]', "skip = -1"])
def test_a_header_or_skip_that_is_no_line_is_an_error(keys: str) -> None:
    with pytest.raises(MappingError, match=r"header|skip"):
        parse_mapping((TIES + FIELDS).format(keys=keys).encode(), "ties.toml")


def test_rows_below_a_header_of_another_order_are_rejected_until_the_first_order_is_back(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    """Three files were joined; the columns of the second stand the other way round."""
    file, mapping = put(tmp_path / "in", "a,b\nann,bo\nb,a\ncy,dee\nA,B\neve,fay\n", "")
    result = loading(file, mapping=mapping)
    assert endpoints(store) == [("ann", "bo", "CALLS"), ("eve", "fay", "CALLS")]
    assert [(row[0], row[3]) for row in rejected_rows(result)] == [(4, "other_header")]
