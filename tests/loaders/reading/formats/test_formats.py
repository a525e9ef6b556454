"""The same three links load from every format, through the same checks and rejects."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.errors import InputError, MappingError
from graph.stores.base import GraphStore
from loaders.ingest import LoadResult
from loaders.mapping_file import parse_mapping
from tests.loaders.conftest import Loading
from tests.loaders.files import endpoints, links, outcomes, parties, rejected_rows, rejects
from tests.loaders.reading.formats.workbook import Day, write_workbook

MAPPING = """
name = "ties"
ends = "implied"
[[files]]
name = "{name}"
table = "relationships"
{keys}
[files.fields]
source = "source"
target = "target"
kind = {{ constant = "CALLS" }}
{fields}
"""
NODES = '[[files]]\nname = "{name}"\ntable = "parties"\n{keys}\n[files.fields]\nid = "id"\n{fields}\n'
CSV = "source,target,weight\nann,bo,0.5\nbo,cy,2\ncy,,1\n"
TSV = CSV.replace(",", "\t")
JSON = '{"source":"ann","target":"bo","weight":0.5}\n\n{"source":"bo","target":"cy","weight":2}\n{"source":"cy"}\n'
LIST = "% asym positive\n% 3 3\nann bo 0.5\nbo\tcy 2\ncy\n"
GRAPHML = """<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="weight" attr.type="double"/>
<key id="n" for="node" attr.name="name" attr.type="string"/>
<key id="a" for="node" attr.name="age2" attr.type="int"><default>7</default></key>
<graph edgedefault="directed">
<node id="ann"><data key="n">Ann &amp; Co</data></node><node id="bo"><data key="a">9</data></node><node id=""/>
<edge source="ann" target="bo"><data key="w">0.5</data></edge>
<edge source="bo" target="cy"><data key="w">2</data></edge>
<edge source="cy" target=""/>
</graph></graphml>
"""
PAJEK = '*Vertices 3\n1 "Ann Lee" 0.1 0.2\n2 bo\n3\n*Arcs\n1 2 0.5\n*Edges\n2 3 2\n3\n'


def zipped(path: Path, **members: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)


def put_text(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text) and None


def put_gzip(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(gzip.compress(text.encode())) and None


def put_zip(name: str, **members: str) -> Callable[[Path], None]:
    return lambda folder: zipped(folder / name, **members)


def put_sheet(folder: Path) -> None:
    rows = [
        ["source", "target", "weight"],
        ["ann", "bo", 0.5],
        [None, None, None],
        ["bo", "cy", 2.0],
        ["cy", None, 1.0],
    ]
    write_workbook(folder / "t.xlsx", {"links": rows})


FORMATS = [
    ("t.csv", put_text("t.csv", CSV), 4),
    ("t.tsv", put_text("t.tsv", TSV), 4),
    ("t.csv", put_gzip("t.csv.gz", CSV), 4),
    ("t.csv.gz", put_gzip("t.csv.gz", CSV), 4),
    ("t.csv", put_zip("any.zip", t__csv=CSV), 4),
    ("any.zip", put_zip("any.zip", whatever=CSV), 4),
    ("t.tsv", put_zip("any.zip", t__tsv=TSV, other__csv="x"), 4),
    ("t.xlsx", put_sheet, 5),
    ("t.jsonl", put_text("t.jsonl", JSON), 4),
    ("t.ndjson", put_gzip("t.ndjson.gz", JSON), 4),
    ("t.graphml", put_text("t.graphml", GRAPHML), 3),
    ("out.ties", put_text("out.ties", LIST), 5),
]


@pytest.mark.parametrize(("name", "put", "line"), FORMATS)
def test_every_format_gives_the_same_links_and_rejects(
    tmp_path: Path, loading: Loading, store: GraphStore, name: str, put: Callable[[Path], None], line: int
) -> None:
    folder, mapping = tmp_path / "in", tmp_path / "ties.toml"
    folder.mkdir()
    put(folder)
    mapping.write_text(MAPPING.format(name=name, keys="", fields='weight = "weight"'))
    result = loading(folder, mapping=mapping)
    assert [(link["source"], link["target"], link["weight"]) for link in links(store)] == [
        ("ann", "bo", 0.5), ("bo", "cy", 2.0),
    ]  # fmt: skip
    [fault] = rejected_rows(result)
    assert (fault[0], fault[3]) == (line, "wrong_width" if name == "out.ties" else "missing_id")
    assert result.rejects_file is not None
    if name != "any.zip":  # the rejects of a member bear its own name
        corrected = result.rejects_file.read_text().replace('"', "")
        head, row = corrected.splitlines()[0], corrected.splitlines()[1].split("\t" if "tsv" in name else ",")
        assert loading(result.rejects_file, mapping=mapping).rejected == 1
        columns = head.split("\t" if "tsv" in name else ",")
        cells = row[:2] + ["corrected"] + [{"source": "cy", "target": "di"}.get(c, "") for c in columns[3:]]
        result.rejects_file.write_text("\n".join(("\t" if "tsv" in name else ",").join(r) for r in (columns, cells)))
        assert loading(result.rejects_file, mapping=mapping).rejected == 0
        assert ("cy", "di", "CALLS") in endpoints(store)


@pytest.mark.parametrize("ending", ["csv.gz", "tsv", "jsonl", "xlsx"])
def test_an_exchange_folder_may_hold_any_of_them(
    tmp_path: Path, loading: Loading, store: GraphStore, ending: str
) -> None:
    rows = {"parties": [["id", "income"], ["007", 1.5], ["bo", None]], "outcomes": [["id", "outcome"], ["bo", 1.0]]}
    folder = tmp_path / "in"
    folder.mkdir()
    for table, (head, *body) in rows.items():
        path = folder / f"{table}.{ending}"
        text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in (head, *body))
        if ending == "xlsx":
            write_workbook(path, {"Sheet": [head, *body]})
        elif ending == "jsonl":
            path.write_text("".join(json.dumps(dict(zip(head, row, strict=True))) + "\n" for row in body))
        elif ending == "tsv":
            path.write_text(text.replace(",", "\t"))
        else:
            path.write_bytes(gzip.compress(text.encode()))
    assert loading(folder).rejected == 0
    assert {id: party["attributes"] for id, party in parties(store).items()} == {"007": '{"income":1.5}', "bo": "{}"}
    assert [(outcome["party"], outcome["outcome"]) for outcome in outcomes(store)] == [("bo", "default")]


@pytest.fixture
def reading(tmp_path: Path, loading: Loading) -> Callable[..., LoadResult]:
    """Load one file by a mapping."""

    def go(name: str, text: str | None, mapping: str) -> LoadResult:
        (tmp_path / "in").mkdir(exist_ok=True)
        if text is not None:
            (tmp_path / "in" / name).write_text(text)
        (tmp_path / "ties.toml").write_text(mapping)
        return loading(tmp_path / "in" / name, mapping=tmp_path / "ties.toml")

    return go


Reading = Callable[..., LoadResult]


def test_all_members_of_an_archive_load(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    (tmp_path / "in").mkdir()
    zipped(
        tmp_path / "in" / "year.zip",
        **{"jan/t__csv": "source,target\nann,bo\n", "feb/t__csv": "source,target\ncy,di\n"},
    )
    (tmp_path / "ties.toml").write_text(MAPPING.format(name="t.csv", keys="", fields=""))
    assert loading(tmp_path / "in", mapping=tmp_path / "ties.toml").loaded["relationships"] == 2
    one = tmp_path / "in" / "year.zip" / "jan" / "t.csv"
    assert loading(one, mapping=tmp_path / "ties.toml").unchanged == 1


def test_damaged_and_unreadable_inputs_are_errors_of_one_line(tmp_path: Path, reading: Reading) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    rows = "source,target\n" + "".join(f"p{i * 7919 % 9973},q{i}\n" for i in range(20_000))
    (folder / "t.csv.gz").write_bytes(gzip.compress(rows.encode())[:-2000])
    (folder / "t.zip").write_bytes(b"PK\x03\x04 no archive")
    (folder / "t.xlsx").write_bytes(b"PK no sheet")
    (folder / "t.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    (folder / "t.graphml").write_text("<graphml><graph><node id='a'>")
    (folder / "t.net").write_text("*Vertices 2\n*Matrix\n0 1\n")
    for name, message in [
        ("t.csv.gz", "is damaged"), ("t.zip", "cannot be read as a ZIP archive"), ("t.xlsx", "read as a spreadsheet"),
        ("t.parquet.gz", "unpack the file first"), ("t.graphml", "is no GraphML"), ("t.net", "matrices are not read"),
    ]:  # fmt: skip
        with pytest.raises(InputError, match=message) as caught:
            reading(name, None, MAPPING.format(name=name, keys="", fields=""))
        assert "\n" not in str(caught.value)


def test_a_sheet_keeps_numbers_dates_and_ids(tmp_path: Path, reading: Reading, store: GraphStore) -> None:
    head = ["source", "target", "at", "sum"]
    rows = [head, [4711.0, "007", Day(45292), 1234.5], head, [4712.0, "008", Day(45292.5), None]]
    (tmp_path / "in").mkdir()
    write_workbook(tmp_path / "in" / "t.xlsx", {"Notes": [["hello"]], "May": [["Export"], [None], *rows]})
    keys = 'sheet = "May"\nheader = 3'
    result = reading("t.xlsx", None, MAPPING.format(name="t.xlsx", keys=keys, fields='time = "at"\namount = "sum"'))
    assert result.rejected == 0
    assert result.warnings == ("t.xlsx: dropped 1 rows that repeat the header (the first is line 5)",)
    assert [(link["source"], link["target"], link["first"], link["amount"]) for link in links(store)] == [
        ("4711", "007", 1704067200.0, 1234.5), ("4712", "008", 1704110400.0, None),
    ]  # fmt: skip


def test_a_number_of_a_sheet_with_more_digits_than_sheets_keep_is_no_id(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "in").mkdir(exist_ok=True)
    cards = [["source", "target"], [4111111111111110.0, "bo"], [411111111111111.0, "bo"]]
    write_workbook(tmp_path / "in" / "t.xlsx", {"A": cards})
    result = reading("t.xlsx", None, MAPPING.format(name="t.xlsx", keys="", fields=""))
    assert [(reject.line, reject.column, reject.code) for reject in result.examples] == [(2, "source", "rounded_id")]


def test_the_first_sheet_is_read_and_others_are_told(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "in").mkdir()
    write_workbook(tmp_path / "in" / "t.xlsx", {"A": [["source", "target"], ["ann", "bo"]], "B": [["x"]], "C": [["y"]]})
    mapping = MAPPING.format(name="t.xlsx", keys="{}", fields="")
    [warning] = reading("t.xlsx", None, mapping.replace("{}", "")).warnings
    assert "read the first sheet; 2 others are left out (the first is 'B')" in warning
    assert reading("t.xlsx", None, mapping.replace("{}", "sheet = 1")).warnings == ()
    with pytest.raises(InputError, match="no sheet 'May'; its sheets are A, B, C"):
        reading("t.xlsx", None, mapping.replace("{}", 'sheet = "May"'))


def test_an_object_that_names_a_member_twice_is_rejected(reading: Reading, store: GraphStore) -> None:
    text = '{"id":"a","name":"Ann","name":"Bo"}\n{"id":"b","more":{"x":1,"x":2}}\n'
    result = reading("t.jsonl", text, 'name = "ties"\n' + NODES.format(name="t.jsonl", keys="", fields=""))
    [reject] = result.examples
    assert (reject.line, reject.code, reject.text) == (1, "bad_json", "it names 'name' twice: keep one of the two")
    assert sorted(parties(store)) == ["b"]


def test_a_list_over_several_lines_is_no_json_lines(reading: Reading) -> None:
    with pytest.raises(InputError, match="no line holds a JSON object; write one object in each line"):
        reading("t.jsonl", '[{"id":"a"},\n{"id":"b"}]\n', MAPPING.format(name="t.jsonl", keys="", fields=""))


def test_json_lines_keep_long_numbers_and_name_lists(reading: Reading, store: GraphStore) -> None:
    text = '{"id":12345678901234567890,"tags":["x"],"vip":true,"n":1e3}\n{"id":"b","extra":null}\nnot json\n[1]\n'
    result = reading("t.jsonl", text, 'name = "ties"\n' + NODES.format(name="t.jsonl", keys="", fields=""))
    assert [(fault[0], fault[3]) for fault in rejected_rows(result)] == [(3, "bad_json"), (4, "bad_json")]
    assert any("ignored tags, which hold lists or records" in warning for warning in result.warnings)
    assert {id: json.loads(str(party["attributes"])) for id, party in parties(store).items()} == {
        "12345678901234567890": {"n": 1000.0, "vip": 1.0}, "b": {},
    }  # fmt: skip


def test_graphml_nodes_are_parties_and_edges_links(reading: Reading, store: GraphStore) -> None:
    nodes = NODES.format(name="t.graphml", keys="", fields='name = "name"')
    edges = MAPPING.format(name="t.graphml", keys="", fields='weight = "weight"')
    result = reading("t.graphml", GRAPHML, edges + nodes)
    assert sorted(rejected_rows(result)) == [(3, "id", "", "missing_id"), (3, "target", "", "missing_id")]
    assert result.rejects_file is not None
    folder = result.rejects_file
    assert sorted(path.name for path in folder.rglob("*.csv")) == ["t.parties.csv", "t.relationships.csv"]
    assert [row["reason"][:10] for row in rejects(next(folder.rglob("t.parties.csv")))] == ["missing_id"]
    assert {id: (party["name"], party["attributes"]) for id, party in parties(store).items()} == {
        "ann": ("Ann & Co", '{"age2":7.0}'), "bo": (None, '{"age2":9.0}'), "cy": (None, "{}"),
    }  # fmt: skip
    assert len(links(store)) == 2


def test_external_entities_of_xml_are_not_read(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    bomb = GRAPHML.replace(
        "<graphml", f'<!DOCTYPE g [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>\n<graphml', 1
    ).replace("Ann &amp; Co", "&x;")
    with pytest.raises(InputError, match="is no GraphML"):
        reading("t.graphml", bomb, 'name = "ties"\n' + NODES.format(name="t.graphml", keys="", fields='name = "name"'))


def test_pajek_has_vertices_arcs_and_edges(reading: Reading, store: GraphStore) -> None:
    kind = 'kind = { column = "type", values = { arc = "CALLS", edge = "KNOWS" } }\nweight = "weight"'
    edges = MAPPING.replace('kind = {{ constant = "CALLS" }}\n', "").format(name="t.net", keys="", fields=kind)
    result = reading("t.net", PAJEK, edges + NODES.format(name="t.net", keys="", fields='name = "name"'))
    assert [fault[3] for fault in rejected_rows(result)] == ["wrong_width"]
    assert [(link["source"], link["target"], link["kind"], link["weight"]) for link in links(store)] == [
        ("1", "2", "CALLS", 0.5), ("2", "3", "KNOWS", 2.0),
    ]  # fmt: skip
    assert {id: party["name"] for id, party in parties(store).items()} == {"1": "Ann Lee", "2": "bo", "3": None}


def test_edge_lists_take_any_blanks_and_have_weights_and_times(reading: Reading, store: GraphStore) -> None:
    text = "# Nodes: 3 Edges: 2\n# From To\n1\t2  1.0 86400\n2 3\t-1 172800\n"
    mapping = MAPPING.format(name="t.txt", keys='format = "edge-list"', fields='weight = "weight"\ntime = "time"')
    result = reading("t.txt", text, mapping.replace('"time"', '{ column = "time", unit = "seconds" }', 1))
    assert result.warnings == ("t.txt: skipped 2 comment lines (the first is line 1)",)
    assert [(link["source"], link["weight"], link["first"]) for link in links(store)] == [
        ("1", 1.0, 86400.0), ("2", -1.0, 172800.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "raw", "line"),
    [
        ("t.jsonl", b'{"source":"ann","target":"bo"}\n{"source":"ann","target":"Zo\xeb"}\n', 2),
        ("out.t", b"ann bo\nann Zo\xeb\n", 2),
        ("t.net", b"*Arcs\nann bo\nann Zo\xeb\n", 3),
    ],
)
def test_lines_of_another_encoding_are_rejected(
    tmp_path: Path, reading: Reading, store: GraphStore, name: str, raw: bytes, line: int
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(raw)
    result = reading(name, None, MAPPING.format(name=name, keys="", fields=""))
    assert [(fault[0], fault[3]) for fault in rejected_rows(result)] == [(line, "bad_encoding")]
    assert endpoints(store) == [("ann", "bo", "CALLS")]
    reading(name, None, MAPPING.format(name=name, keys='encoding = "cp1252"', fields=""))
    assert ("ann", "Zoë", "CALLS") in endpoints(store)


VCARDS = """BEGIN:VCARD
VERSION:3.0
UID:c1
N:Lee;Ann;;;
FN:Ann\\, Lee
TEL;TYPE=CELL:0171 2000037
TEL;TYPE=HOME,FAX:030 999999
TEL;TYPE=WORK:+49 30 123456
ORG:Mill;Sales
NOTE:a long
  note
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Bo
TEL;VALUE=uri;TYPE="voice,cell":tel:+49-171-2000074
PHOTO:data:image/jpeg;base64,AAAA
END:VCARD
BEGIN:VCARD
VERSION:3.0
no colon
END:VCARD
"""
BOOK = """
name = "book"
ends = "implied"
[[files]]
name = "*.vcf"
table = "parties"
ignore = ["*"]
[files.fields]
id = { column = "uid", fallback = { column = "phone", form = "phone", country = "DE" } }
name = "name"
[[files]]
name = "*.vcf"
table = "relationships"
target_kind = "Phone"
ignore = ["*"]
[files.fields]
source = { column = "uid", fallback = { column = "phone", form = "phone", country = "DE" } }
target = { column = "phone", form = "phone", country = "DE", prefix = "tel:" }
kind = { constant = "USES_PHONE" }
"""


def test_an_address_book_gives_people_and_their_phones(reading: Reading, store: GraphStore) -> None:
    result = reading("friends.vcf", VCARDS, BOOK)
    assert [(fault[0], fault[3]) for fault in rejected_rows(result)] == [(19, "bad_vcard"), (19, "bad_vcard")]
    people = {id: party["name"] for id, party in parties(store).items() if party["kind"] == "Person"}
    assert people == {"c1": "Ann, Lee", "+491712000074": "Bo"}
    assert endpoints(store) == [
        ("+491712000074", "tel:+491712000074", "USES_PHONE"), ("c1", "tel:+491712000037", "USES_PHONE"),
        ("c1", "tel:+4930123456", "USES_PHONE"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "kind", "told"),
    [
        ("% sym unweighted", "CALLS", "links have no direction, and the kind CALLS is directed"),
        ("# Undirected graph: roads", "CALLS", "links have no direction, and the kind CALLS is directed"),
        ("% asym", "KNOWS", "links have a direction, and the kind KNOWS is symmetric"),
        ("% asym", "CALLS", ""),
        ("% sym", "KNOWS", ""),
        ("% people", "KNOWS", ""),
    ],
)
def test_the_direction_that_an_edge_list_states_is_that_of_the_kind(
    tmp_path: Path, loading: Loading, head: str, kind: str, told: str
) -> None:
    mapping = tmp_path / "ties.toml"
    mapping.write_text(MAPPING.format(name="out.ties", keys="", fields="").replace("CALLS", kind))
    put_text("out.ties", f"{head}\nann bo\nbo cy\n")(tmp_path)
    result = loading(tmp_path / "out.ties", mapping=mapping)
    assert told in " ".join(result.warnings)
    assert any("direction" in warning for warning in result.warnings) == bool(told)


@pytest.mark.parametrize(
    ("default", "kind", "told"),
    [
        ("undirected", "CALLS", "links have no direction, and the kind CALLS is directed"),
        ("directed", "KNOWS", "links have a direction, and the kind KNOWS is symmetric"),
        ("directed", "CALLS", ""),
        ("undirected", "KNOWS", ""),
    ],
)
def test_the_direction_that_a_graphml_file_states_is_that_of_the_kind(
    reading: Reading, default: str, kind: str, told: str
) -> None:
    mapping = MAPPING.format(name="t.graphml", keys='ignore = ["id", "directed"]', fields="").replace("CALLS", kind)
    text = GRAPHML.replace('edgedefault="directed"', f'edgedefault="{default}"')
    warnings = reading("t.graphml", text, mapping).warnings
    assert told in " ".join(warnings)
    assert any("direction" in warning for warning in warnings) == bool(told)


def test_an_unknown_format_is_an_error() -> None:
    mapping = MAPPING.format(name="t.txt", keys='format = "dbase"', fields="")
    with pytest.raises(MappingError, match="format = 'dbase'; use csv or parquet or spreadsheet"):
        parse_mapping(mapping.encode(), "ties.toml")
