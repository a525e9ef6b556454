"""Rows that cannot be parsed into columns: each is rejected with its line, and the rows around it load."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import InputError
from graph.stores.base import GraphStore
from loaders.reading.csv_rows import MAX_LINE_BYTES
from loaders.reading.dialect import CsvDialect
from loaders.reading.readers import chunks
from tests.loaders.conftest import Loading
from tests.loaders.files import HEAD, LINK, PEOPLE, endpoints, parties, rejected_rows, write


def test_bytes_that_are_not_utf_8_reject_only_their_line(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties="id,name\nann,Ann\nbo,Jos\u00e9\ncy,Cy\n".encode("latin-1"))
    assert rejected_rows(loading(tmp_path / "in")) == [(3, "", "bo,José", "bad_encoding")]
    assert sorted(parties(store)) == ["ann", "cy"]


def test_latin_1_loads_where_a_mapping_says_so(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", people="id,name\nbo,Jos\u00e9\n".encode("latin-1"))
    mapping = tmp_path / "latin.toml"
    mapping.write_text(
        'name = "latin"\n[[files]]\nname = "people.csv"\ntable = "parties"\nencoding = "latin-1"\n'
        '[files.fields]\nid = "id"\nname = "name"\n'
    )
    assert loading(tmp_path / "in", mapping=mapping).rejected == 0
    assert parties(store)["bo"]["name"] == "José"


def test_a_nul_rejects_only_its_line(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD.encode() + b"ann,b\0o,KNOWS\nann,cy,KNOWS\n")
    assert rejected_rows(loading(tmp_path / "in")) == [(2, "", "ann,b\\0o,KNOWS", "nul_byte")]
    assert endpoints(store) == [("ann", "cy", "KNOWS")]


def test_windows_line_ends_and_a_bom_are_accepted(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    write(
        tmp_path / "in",
        parties="\ufeff" + PEOPLE.replace("\n", "\r\n"),
        relationships=(HEAD + LINK).replace("\n", "\r\n"),
    )
    assert rejected_rows(loading(tmp_path / "in")) == []
    assert sorted(parties(store)) == ["ann", "bo", "cy"]
    assert endpoints(store) == [("ann", "bo", "KNOWS")]


def test_old_mac_line_ends_are_an_error_that_names_them(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties="id\rann\rbo\r")
    with pytest.raises(InputError, match="save the file with LF line ends"):
        loading(tmp_path / "in")


def test_an_unclosed_quote_rejects_only_its_line(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    lines = [f"p{i},x" for i in range(500)]
    lines[250] = 'p250,"x'
    write(tmp_path / "in", parties="id,job\n" + "\n".join(lines) + "\n")
    assert rejected_rows(loading(tmp_path / "in")) == [(252, "", 'p250,"x', "open_quote")]
    assert len(parties(store)) == 499


def test_two_stray_quotes_reject_only_their_lines(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    lines = [f"p{i},x" for i in range(100)]
    lines[20], lines[60] = 'p20,"x', 'p60",x'  # together they would be one row of three values
    write(tmp_path / "in", parties="id,job\n" + "\n".join(lines) + "\n")
    assert [(line, code) for line, _, _, code in rejected_rows(loading(tmp_path / "in"))] == [(22, "open_quote")]
    assert len(parties(store)) == 99


def test_a_quoted_line_end_is_part_of_the_value_and_counts_as_a_line(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", parties='id,name,age\nann,"Ann\nof Ash",41\nbo,Bo,inf\n')
    assert rejected_rows(loading(tmp_path / "in")) == [(4, "age", "inf", "not_finite")]
    assert parties(store)["ann"]["name"] == "Ann\nof Ash"


def test_rows_of_another_width_than_the_header_are_rejected(tmp_path: Path, loading: Loading) -> None:
    write(tmp_path / "in", parties=PEOPLE, relationships=HEAD + "ann,bo\n" + LINK + "ann,bo,KNOWS,1\n")
    assert rejected_rows(loading(tmp_path / "in")) == [
        (2, "", "ann,bo", "wrong_width"),
        (4, "", "ann,bo,KNOWS,1", "wrong_width"),
    ]


def test_a_line_of_100_megabytes_is_one_rejected_row(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    folder = write(tmp_path / "in", relationships=HEAD + LINK)
    with (folder / "relationships.csv").open("ab") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b",bo,KNOWS\nbo,cy,KNOWS\n")
    assert rejected_rows(loading(folder)) == [(3, "", "x" * 80, "line_too_long")]
    assert endpoints(store) == [("ann", "bo", "KNOWS"), ("bo", "cy", "KNOWS")]


@pytest.mark.slow
def test_long_lines_are_read_in_smaller_chunks(tmp_path: Path) -> None:
    line = b"a," + b"y" * 100_000 + b"\n"
    assert len(line) < MAX_LINE_BYTES
    path = tmp_path / "wide.csv"
    path.write_bytes(b"id,note\n" + line * 700)  # 70 MB, far fewer rows than a chunk may hold
    sizes = [chunk.rows for chunk in chunks(path, CsvDialect())]
    assert sum(sizes) == 700
    assert max(sizes) < 700
