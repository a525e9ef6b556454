"""The draft of a mapping: what it says of small files whose right mapping can be seen at once."""

from __future__ import annotations

import gzip
import tomllib
from pathlib import Path
from typing import Any

import pytest

from graph.errors import InputError, UsageError
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.mapping_file import parse_mapping
from loaders.suggesting.check import check_mapping
from loaders.suggesting.draft import suggest


def written(folder: Path, **files: str | bytes) -> list[Path]:
    """Files by name, `__` for the point before the ending."""
    paths = []
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths


def drafted(*paths: Path) -> list[dict[str, Any]]:
    """The [[files]] of the draft."""
    return list(tomllib.loads(suggest(paths))["files"])


CUSTOMERS = """Kundennr;Name;Einkommen
K-1;Weiß, Zoë;1.234,50
K-2;Müller, Jörg;99,00
K-3;Groß, Ute;1.000.000,00
K-4;Lang, Eva;5,25
"""


def test_a_list_of_parties_is_known_by_its_ids_and_read_as_it_is_written(tmp_path: Path) -> None:
    (file,) = drafted(*written(tmp_path, customers__csv=CUSTOMERS))
    assert (file["table"], file["delimiter"]) == ("parties", ";")
    assert file["fields"] == {"id": "Kundennr", "name": "Name", "kind": {"constant": "Person"}}
    assert file["attributes"] == {"Einkommen": {"decimal": ",", "thousands": "."}}


def test_bytes_of_windows_are_known_as_such_with_a_line_that_shows_it(tmp_path: Path) -> None:
    (path,) = written(tmp_path, customers__csv=CUSTOMERS.encode("cp1252"))
    assert drafted(path)[0]["encoding"] == "cp1252"
    assert "# ? encoding: it is no UTF-8; as cp1252 a line reads 'K-1;Weiß, Zoë" in suggest([path])


def test_chinese_bytes_are_known_by_their_pairs(tmp_path: Path) -> None:
    text = "付款人,收款人,金额,日期\n" + "".join(f"客户{n},客户{n + 1},1{n}.50,2024-01-0{n + 1}\n" for n in range(8))
    (path,) = written(tmp_path, 转账__csv=text.encode("gb18030"))
    (file,) = drafted(path)
    assert (file["encoding"], file["table"], file["fields"]["kind"]) == (
        "gb18030",
        "relationships",
        {"constant": "PAYS"},
    )
    assert (file["fields"]["source"], file["fields"]["target"], file["fields"]["amount"]) == (
        "付款人",
        "收款人",
        "金额",
    )


def test_utf_16_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (path,) = written(tmp_path, customers__csv=CUSTOMERS.encode("utf-16"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        suggest([path])


def test_the_order_of_day_and_month_is_that_of_a_value_which_allows_only_one(tmp_path: Path) -> None:
    first, second = written(
        tmp_path,
        a__csv="from,to,date\nx,y,02/03/2024\ny,x,25/03/2024\n",
        b__csv="from,to,date\nx,y,02/03/2024\ny,x,03/25/2024\n",
    )
    assert [file["fields"]["time"]["unit"] for file in drafted(first, second)] == ["%d/%m/%Y", "%m/%d/%Y"]


def test_an_order_that_no_value_shows_is_a_doubt(tmp_path: Path) -> None:
    (path,) = written(tmp_path, a__csv="from,to,date\nx,y,02/03/2024\ny,x,04/05/2024\n")
    assert "may be day or month first" in suggest([path])


def test_ends_in_other_languages_are_known_and_transfers_tie_accounts(tmp_path: Path) -> None:
    rows = "".join(f"DE7637040044053201{n:04};DE4337040044053201{n + 1:04};{n},5{n}\n" for n in range(9))
    paths = written(
        tmp_path,
        umsatz__csv="IBAN Auftraggeber;IBAN Empfänger;Betrag\n" + rows,
        virements__csv="émetteur;destinataire;montant\n" + "".join(f"c{n};c{n + 1};{n},50\n" for n in range(9)),
        pagos__csv="ordenante;beneficiario;importe\n" + "".join(f"c{n};c{n + 1};{n},50\n" for n in range(9)),
    )
    german, french, spanish = drafted(*paths)
    assert german["fields"]["source"] == {"column": "IBAN Auftraggeber", "form": "iban"}
    assert (german["source_kind"], german["target_kind"]) == ("Account", "Account")
    assert (french["fields"]["source"], french["fields"]["target"]) == ("émetteur", "destinataire")
    assert (spanish["fields"]["source"], spanish["fields"]["target"]) == ("ordenante", "beneficiario")
    assert {file["fields"]["kind"]["constant"] for file in (german, french, spanish)} == {"PAYS"}


def test_phones_are_known_by_their_values_with_the_country_that_some_show(tmp_path: Path) -> None:
    rows = "".join(f"+4917120000{n:02},017130000{n:02}\n" for n in range(20))
    (file,) = drafted(*written(tmp_path, cdr__csv="caller,callee\n" + rows))
    assert file["fields"]["source"] == {"column": "caller", "form": "phone", "country": "DE"}
    assert file["fields"]["kind"] == {"constant": "CALLS"} and file["source_kind"] == "Phone"


def test_ids_are_known_by_the_list_that_has_them_whatever_their_column_is_called(tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        customers__csv=CUSTOMERS,
        seen__csv="who,device\n" + "".join(f"k-{n % 4 + 1},d{n}\n" for n in range(9)),
        mules__csv="id,date\nK-1,2024-02-20\nK-2,2024-02-20\nK-3,21/02/2024\n",
    )
    _, seen, mules = drafted(*paths)
    assert seen["fields"]["source"] == {"column": "who", "form": "upper"}
    assert (seen["fields"]["kind"], seen["target_kind"]) == ({"constant": "USES_DEVICE"}, "Device")
    assert (mules["table"], mules["fields"]["outcome"]) == ("outcomes", {"constant": "fraud"})
    assert mules["fields"]["time"]["unit"] == ["%Y-%m-%d", "%d/%m/%Y"]


def test_an_address_of_the_internet_is_no_home(tmp_path: Path) -> None:
    paths = written(
        tmp_path, seen__csv="user,device_id,ip\n" + "".join(f"u{n % 4},d{n},10.0.0.{n}\n" for n in range(9))
    )
    draft = tomllib.loads(suggest(paths))
    assert draft["kinds"] == [{"name": "SEEN_AT", "category": "identifier"}]
    assert [(file["fields"]["kind"]["constant"], file["target_kind"]) for file in draft["files"]] == [
        ("USES_DEVICE", "Device"),
        ("SEEN_AT", "Address"),
    ]
    (tmp_path / "draft.toml").write_text(suggest(paths), encoding="utf-8")
    assert not check_mapping(tmp_path / "draft.toml").faults


def test_what_a_state_means_is_said_and_what_is_not_known_is_asked(tmp_path: Path) -> None:
    states = ["current", "charged-off", "60dpd", "cured", "strange"] * 4
    rows = "".join(f"V{n},K-{n % 9},{state}\n" for n, state in enumerate(states))
    (path,) = written(tmp_path, loans__csv="contract,customer,status\n" + rows)
    (file,) = drafted(path)
    assert file["fields"]["outcome"]["values"] == {
        "current": "good", "charged-off": "default", "60dpd": "late", "cured": "cured",
    }  # fmt: skip
    assert file["key"] == ["contract"] and "is 'strange' good, late, default, cured or fraud?" in suggest([path])


def test_columns_that_may_not_be_stored_are_ignored(tmp_path: Path) -> None:
    rows = "".join(f"K-{n},Ann {n},x\n" for n in range(5))
    (path,) = written(tmp_path, people__csv="customer,name,religion\n" + rows)
    assert drafted(path)[0]["ignore"] == ["religion"] and "religion may not be stored" in suggest([path])


def test_a_file_without_a_line_of_names_gets_some_with_a_doubt(tmp_path: Path) -> None:
    (path,) = written(tmp_path, ratings__csv="6,2,4,1289241911.7\n6,5,-2,1289241941.5\n2,6,9,1289243140.4\n")
    (file,) = drafted(path)
    assert file["columns"] == ["column1", "column2", "column3", "column4"]
    assert file["fields"]["weight"] == {"column": "column3", "divide_by": 10}
    assert "# ? columns: the first line looks like a row" in suggest([path])


def test_a_file_that_shows_nothing_is_said_to(tmp_path: Path) -> None:
    (path,) = written(tmp_path, x__csv="a,b\n1.5,2\n2.5,2\n")
    assert "# ? nothing shows what this file holds" in suggest([path])
    with pytest.raises(UsageError):
        suggest([])


def test_the_draft_of_plain_files_loads_as_it_stands(tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        customers__csv="customer,name,income\n" + "".join(f"K-{n},Ann {n},{n}50.5\n" for n in range(9)),
        payments__csv="payer;payee;amount;date\n"
        + "".join(f"K-{n};K-{8 - n};{n},25;{n + 10}.03.2024\n" for n in range(9)),
    )
    mapping = tmp_path / "draft.toml"
    mapping.write_text(suggest(paths), encoding="utf-8")
    assert parse_mapping(mapping.read_bytes(), "draft").name == tmp_path.name
    found = check_mapping(mapping)
    assert (found.faults, found.rows, found.rejected) == ((), 18, 0)


def test_a_check_says_each_thing_that_does_not_fit(tmp_path: Path) -> None:
    written(tmp_path, customers__csv="customer,name\nK-1,Ann\nK-1,Bo\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'name = "m"\n[[files]]\nname = "customers.csv"\ntable = "parties"\n[files.fields]\nid = "customer"\n'
        '[[files]]\nname = "orders.csv"\ntable = "parties"\n[files.fields]\nid = "id"\n'
    )
    found = check_mapping(mapping)
    assert "orders.csv: no file has this name" in found.faults[0]
    assert found.faults[1].startswith("duplicate_id: ") and len(found.faults) == 2
    mapping.write_text(
        'name = "m"\n[[files]]\nname = "customers.csv"\ntable = "parties"\n[files.fields]\nid = "kunde"\n'
    )
    (fault,) = check_mapping(mapping).faults
    assert "kunde" in fault and "customer" in fault


def test_a_check_says_that_it_does_not_know_the_parties_of_other_loads(tmp_path: Path) -> None:
    written(tmp_path, mules__csv="id\nK-1\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'name = "m"\nends = "refuse"\n[[files]]\nname = "mules.csv"\ntable = "outcomes"\n'
        '[files.fields]\nid = "id"\noutcome = { constant = "fraud" }\n'
    )
    (fault,) = check_mapping(mapping).faults
    assert fault.startswith("dangling_end: 1 row") and fault.endswith("kith load --dry-run asks it")


LINKS = "from,to,amount\na,b,1.5\nb,c,2\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pays__csv__gz", gzip.compress(LINKS.encode())),
        ("pays__jsonl", '{"from": "a", "to": "b", "amount": 1.5}\n{"from": "b", "to": "c", "amount": 2}\n'),
        ("pays__csv", f"Report of May,,\n\n{LINKS}"),
        ("pays__csv", LINKS.replace("from,to", "from , to")),
    ],
    ids=["packed", "JSON lines", "a title", "blanks"],
)
def test_packed_files_other_formats_titles_and_blanks_around_names(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    (path,) = written(tmp_path, **{name: content})
    (file,) = drafted(path)
    fields = {"source": "from", "target": "to", "kind": {"constant": "KNOWS"}, "amount": "amount"}
    assert (file["table"], file["fields"]) == ("relationships", fields)
    loads(tmp_path, path, 2)


def test_amounts_are_known_beside_their_currency(tmp_path: Path) -> None:
    rows = "from;to;Betrag\na;b;-1.234,50 €\nb;c;5,00 €\n"
    (path,) = written(tmp_path, pays__csv=rows)
    (file,) = drafted(path)
    assert file["fields"]["amount"] == {"column": "Betrag", "decimal": ",", "thousands": ".", "currency": True}
    loads(tmp_path, path, 2)


def test_kinds_are_known_by_their_words(tmp_path: Path) -> None:
    (path,) = written(tmp_path, ties__csv="from,to,kind\na,b,friends\nb,c,pays\n")
    (file,) = drafted(path)
    assert file["fields"]["kind"] == {"column": "kind", "values": {"friends": "FRIEND_OF", "pays": "PAYS"}}
    loads(tmp_path, path, 2)


def test_the_code_of_a_country_means_nothing_missing(tmp_path: Path) -> None:
    paths = written(tmp_path, people__csv="id,country,income\n1,NA,5\n2,DE,n/a\n3,FR,6\n")
    assert tomllib.loads(suggest(paths))["missing"] == ["", "n/a"]


def loads(folder: Path, path: Path, rows: int) -> None:
    """The draft of a file loads all its rows as links."""
    mapping = folder / "draft.toml"
    mapping.write_text(suggest([path]), encoding="utf-8")
    store = open_store(f"sqlite:///{folder}/kith.db")
    result = load([path], store, mapping)
    store.close()
    assert (result.loaded["relationships"], result.rejected) == (rows, 0)


CARDS = """BEGIN:VCARD
VERSION:3.0
UID:c-1
FN:Ana Ruiz
TEL;TYPE=CELL:+34 612 345 678
TEL;TYPE=HOME:+34 912 345 678
END:VCARD
BEGIN:VCARD
VERSION:3.0
{uid}FN:Bo Li
TEL;TYPE=CELL:+34 612 345 679
END:VCARD
"""


@pytest.mark.parametrize(
    ("uid", "person"), [("UID:c-2\n", "uid"), ("", {"column": "uid", "fallback": "name"})], ids=["uids", "names"]
)
def test_an_address_book_is_its_people_and_their_phones(tmp_path: Path, uid: str, person: Any) -> None:
    (path,) = written(tmp_path, contacts__vcf=CARDS.format(uid=uid))
    people, phones = drafted(path)
    assert (people["table"], people["fields"]) == (
        "parties",
        {"id": person, "name": "name", "kind": {"constant": "Person"}},
    )
    assert phones["fields"] == {
        "source": person,
        "target": {"column": "phone", "form": "phone", "country": "ES"},
        "kind": {"constant": "USES_PHONE"},
    }
    assert "no card says whose address book it is" in suggest([path])
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(suggest([path]))
    assert (check_mapping(mapping).rows, check_mapping(mapping).rejected) == (5, 0)  # two cards, three numbers


def test_quotes_that_would_run_rows_together_are_characters(tmp_path: Path) -> None:
    plain = 'id;name;size\nK-1;12" pizza;30\nK-2;"quoted;42\nK-3;5" nail;17\n'
    quoted = 'id;name;size\nK-1;"12"" pizza; hot";30\nK-2;"over\nlines";42\n'
    first, second = drafted(*written(tmp_path, plain__csv=plain, quoted__csv=quoted))
    assert first["quotes"] is False
    assert "quotes" not in second
