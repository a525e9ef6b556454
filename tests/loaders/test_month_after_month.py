"""Loading newer exports of a source: what is corrected, what ends, what stands, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.undoing import rehearse, undo
from tests.loaders.conftest import Loading
from tests.loaders.files import endpoints, facts, links, outcomes, parties, rejected_rows, write

BANK = (
    'name = "bank"\nends = "implied"\n[[files]]\nname = "{name}"\ntable = "relationships"\nkey = {key}\n{more}\n'
    '[files.fields]\nsource = "a"\ntarget = "b"\nkind = "k"\namount = "sum"\n'
)
HEAD = "no,a,b,k,sum\n"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    path = tmp_path / "bank.toml"
    path.write_text(BANK.format(name="*.csv", key='["no"]', more=""))
    return path


def sums(store: GraphStore) -> list[tuple[object, ...]]:
    return [(row["source"], row["target"], row["kind"], row["amount"]) for row in links(store)]


def test_a_row_key_identifies_a_row_whatever_its_ends_and_kind_are(
    tmp_path: Path, bank: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "1", pays=HEAD + "1,ann,bo,PAYS,10\n2,ann,cy,PAYS,20\n3,bo,cy,PAYS,30\n")
    write(tmp_path / "2", pays=HEAD + "1,ann,di,PAYS,10\n2,ann,cy,OWES,20\n")
    loading(tmp_path / "1", mapping=bank)
    before = facts(store)
    result = loading(tmp_path / "2", mapping=bank)
    assert sums(store) == [("ann", "cy", "OWES", 20.0), ("ann", "di", "PAYS", 10.0), ("bo", "cy", "PAYS", 30.0)]
    assert (result.loaded["relationships"], result.ended) == (2, 2)
    again = loading(tmp_path / "2", mapping=bank)
    assert (again.load, again.unchanged, again.ended) == (None, 2, 0)
    assert result.load is not None
    store.undo(result.load)
    assert facts(store) == before


def test_a_row_key_of_another_source_is_another_key(
    tmp_path: Path, bank: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "1", pays=HEAD + "1,ann,bo,PAYS,10\n")
    write(tmp_path / "2", pays=HEAD + "1,ann,cy,PAYS,10\n")
    loading(tmp_path / "1", mapping=bank, source="one")
    assert loading(tmp_path / "2", mapping=bank, source="two").ended == 0
    assert len(sums(store)) == 2


def test_of_a_key_that_comes_several_times_in_a_load_the_last_row_counts_whatever_its_file(
    tmp_path: Path, bank: Path, loading: Loading, store: GraphStore
) -> None:
    write(
        tmp_path / "in",
        may=HEAD + "1,ann,bo,PAYS,10\n2,ann,cy,PAYS,20\n1,ann,bo,PAYS,11\n",
        june=HEAD + "9,x,y,PAYS,1\n",
        may_corrected=HEAD + "1,ann,di,PAYS,12\n2,ann,cy,PAYS,heavy\n",
    )
    result = loading(tmp_path / "in", mapping=bank)
    assert sums(store) == [("ann", "cy", "PAYS", 20.0), ("ann", "di", "PAYS", 12.0), ("x", "y", "PAYS", 1.0)]
    assert (result.read, result.loaded["relationships"], result.rejected) == (6, 5, 1)
    assert result.warnings == (
        "may_corrected.csv: no: 2 rows have the row key of a later row, which counts (the first: '1')",
    )
    assert "bo" not in parties(store)
    again = loading(tmp_path / "in", mapping=bank)
    assert (again.load, again.unchanged, again.rejected) == (None, 5, 1)


def test_files_apart_give_the_facts_of_files_together(
    tmp_path: Path, bank: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "1", pays=HEAD + "1,ann,bo,PAYS,10\n2,ann,cy,PAYS,20\n")
    write(tmp_path / "2", pays_2=HEAD + "1,ann,bo,PAYS,12\n")
    loading(tmp_path / "1", tmp_path / "2", mapping=bank, source="together")
    together = sums(store)
    for folder in ("1", "2"):
        loading(tmp_path / folder, mapping=bank, source="apart")
    assert sorted([*together, *together]) == sorted(sums(store))  # type: ignore[type-var]


@pytest.mark.parametrize(("key", "rows"), [('["no"]', ",a,b\n ,a,b\n"), ('["no", "k"]', "1,a,b\n,a,b\n")])
def test_a_row_without_its_key_is_rejected(
    tmp_path: Path, loading: Loading, store: GraphStore, key: str, rows: str
) -> None:
    mapping = tmp_path / "bank.toml"
    text = BANK.format(name="*.csv", key=key, more="").replace('kind = "k"', 'kind = { constant = "PAYS" }')
    mapping.write_text('missing = ["", "-"]\n' + text)
    lines = "".join(f"{row},-,5\n" for row in rows.splitlines())
    write(tmp_path / "in", pays=HEAD + lines)
    result = loading(tmp_path / "in", mapping=mapping)
    assert result.reasons == {"missing_key": 2}
    assert links(store) == []


def test_a_plain_folder_may_have_a_key(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    for share, state in ((0.25, "default"), (0.5, "cured")):
        write(
            tmp_path / "in",
            relationships=f"source,target,kind,weight,key\nann,firm,OWNS,{share},s1\n",
            outcomes=f"id,outcome,key\nann,{state},o1\n",
        )
        result = loading(tmp_path / "in")
        assert result.warnings == ()
    assert [row["weight"] for row in links(store)] == [0.5]
    assert [row["outcome"] for row in outcomes(store)] == ["cured"]


def test_one_file_is_read_as_one_table_several_times(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    mapping = tmp_path / "deeds.toml"
    part = '[[files]]\nname = "deeds.csv"\ntable = "relationships"\nkey = ["no"]\nignore = ["*"]\n[files.fields]\n'
    seller = 'source = "seller"\ntarget = "house"\nkind = { constant = "OWES" }\n'
    buyer = 'source = "buyer"\ntarget = "house"\nkind = { constant = "OWNS" }\n'
    mapping.write_text(f'name = "deeds"\nends = "implied"\n{part}{seller}{part}{buyer}')
    write(tmp_path / "in", deeds="no,seller,buyer,house\n1,ann,bo,h1\n2,cy,di,h2\n")
    result = loading(tmp_path / "in", mapping=mapping)
    assert (result.loaded["relationships"], result.warnings) == (4, ())
    assert [(a, kind) for a, _, kind in endpoints(store)] == [
        ("ann", "OWES"), ("bo", "OWNS"), ("cy", "OWES"), ("di", "OWNS"),
    ]  # fmt: skip


# Full exports


TOWN = {
    "parties": "id,name\nann,Ann\nbo,Bo\ncy,Cy\n",
    "relationships": "source,target,kind\nann,bo,PAYS\nbo,cy,KNOWS\n",
    "outcomes": "id,outcome,time\nann,good,2024-01-01\ncy,default,2024-01-01\n",
}
LATER = {
    "parties": "id,name\nann,Ann\nbo,Bo\n",
    "relationships": "source,target,kind\nann,bo,PAYS\n",
    "outcomes": "id,outcome,time\nann,good,2024-01-01\n",
}


def test_what_a_full_export_no_longer_lists_ends(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    loading(write(tmp_path / "1", **TOWN), source="town")
    loading(write(tmp_path / "other", relationships="source,target,kind\nx,y,PAYS\n"))
    before = facts(store)
    later = write(tmp_path / "2", **LATER)
    assert loading(later, source="town").ended == 0
    dry = loading(later, source="town", replace=True, dry_run=True)
    result = loading(later, source="town", replace=True)
    assert (result.read, result.unchanged, result.ended, dry.ended) == (4, 4, 3, 3)
    assert endpoints(store) == [("ann", "bo", "PAYS"), ("x", "y", "PAYS")]
    assert sorted(parties(store)) == ["ann", "bo", "x", "y"]
    assert [row["party"] for row in outcomes(store)] == ["ann"]
    assert loading(later, source="town", replace=True).load is None
    assert result.load is not None
    store.undo(result.load)
    assert facts(store) == before


def test_a_party_that_links_need_is_kept_bare(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    loading(write(tmp_path / "1", **TOWN), source="town")
    result = loading(write(tmp_path / "2", parties=LATER["parties"]), source="town", replace=True)
    assert (result.ended, len(links(store)), len(outcomes(store))) == (0, 2, 2)
    assert (parties(store)["cy"]["implied"], parties(store)["cy"]["name"]) == (True, None)


def test_parties_that_only_ended_links_implied_end_with_them(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    loading(write(tmp_path / "1", relationships="source,target,kind\nann,bo,PAYS\nann,cy,PAYS\n"), source="bank")
    result = loading(
        write(tmp_path / "2", relationships="source,target,kind\nann,bo,PAYS\n"), source="bank", replace=True
    )
    assert result.ended == 2
    assert sorted(parties(store)) == ["ann", "bo"]


def test_a_complete_file_ends_the_kinds_that_it_lists(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    mapping = tmp_path / "both.toml"
    part = '[[files]]\nname = "{0}.csv"\ntable = "relationships"\n{1}\n[files.fields]\nsource = "a"\ntarget = "b"\n'
    kinds = ('kind = {{ constant = "OWNS" }}\n', 'kind = {{ constant = "CALLS" }}\n')
    text = part.format("shares", "complete = true") + kinds[0].format() + part.format("calls", "") + kinds[1].format()
    mapping.write_text('name = "both"\nends = "implied"\n' + text)
    loading(write(tmp_path / "1", shares="a,b\nann,f\nbo,f\n", calls="a,b\nann,bo\n"), mapping=mapping)
    result = loading(write(tmp_path / "2", shares="a,b\nann,f\n", calls="a,b\nbo,cy\n"), mapping=mapping)
    assert result.ended == 1
    assert endpoints(store) == [("ann", "bo", "CALLS"), ("ann", "f", "OWNS"), ("bo", "cy", "CALLS")]


def test_what_rejected_rows_are_about_does_not_end(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    head = "source,target,kind,weight\n"
    loading(write(tmp_path / "1", relationships=head + "ann,f,OWNS,1\nbo,f,OWNS,1\ncy,f,OWNS,1\n"), source="reg")
    second = write(tmp_path / "2", relationships=head + "ann,f,OWNS,heavy\nbo,f,OWNS,1\n")
    result = loading(second, source="reg", replace=True)
    assert [row["source"] for row in links(store)] == ["ann", "bo"]
    assert result.rejects_file is not None
    loading(result.rejects_file, replace=True)  # rejected rows are no full export
    assert [row["source"] for row in links(store)] == ["ann", "bo"]
    unreadable = write(tmp_path / "3", relationships=head + '"ann,f,OWNS,1\n')
    result = loading(unreadable, source="reg", replace=True)
    assert (result.ended, len(links(store))) == (0, 2)
    assert any("nothing ended" in warning for warning in result.warnings)


def test_a_full_export_without_rows_ends_all_and_says_so(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    head = "source,target,kind\n"
    loading(write(tmp_path / "1", relationships=head + "ann,f,OWNS\nbo,f,OWNS\n"), source="reg")
    fewer = loading(write(tmp_path / "2", relationships=head + "ann,f,OWNS\n"), source="reg", replace=True)
    assert not any("at all" in warning for warning in fewer.warnings)
    empty = loading(write(tmp_path / "3", relationships=head), source="reg", replace=True)
    assert links(store) == []
    assert any("no relationships at all, so those of earlier loads ended" in warning for warning in empty.warnings)


def test_an_undo_says_what_it_takes_and_keeps_what_a_later_load_stated_too(
    tmp_path: Path, bank: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "1", pays=HEAD + "1,ann,bo,PAYS,10\n2,ann,cy,PAYS,20\n")
    write(tmp_path / "2", pays=HEAD + "1,ann,bo,PAYS,10\n3,ann,cy,PAYS,30\n")
    loading(tmp_path / "1", mapping=bank)
    loading(tmp_path / "2", mapping=bank)
    assert rehearse(store, 1).taken == {"parties": 0, "relationships": 1, "outcomes": 0}
    undone = undo(store, 1)
    assert undone.taken == {"parties": 0, "relationships": 1, "outcomes": 0}
    assert undone.kept == {"parties": 3, "relationships": 1, "outcomes": 0}
    assert sorted(row[-1] for row in sums(store)) == [10.0, 30.0]
    assert undo(store, 2).taken == {"parties": 3, "relationships": 2, "outcomes": 0}
    assert sums(store) == []
    with pytest.raises(UsageError, match="load 99 does not exist"):
        undo(store, 99)


# Outcomes, states and the same file again


def test_the_newest_statement_of_an_outcome_counts(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    head = "id,outcome,time,closed\n"
    first = "ann,good,,\nbo,default,2024-01-01,\ncy,late,2023-01-01,\n"
    loading(write(tmp_path / "1", parties="id\nann\nbo\ncy\n", outcomes=head + first), source="lms")
    later = "ann,default,,\nbo,default,2024-01-01,2024-06-01\ncy,default,2024-01-01,\n"
    result = loading(write(tmp_path / "2", parties="id\nann\nbo\ncy\n", outcomes=head + later), source="lms")
    assert result.ended == 2
    assert {(row["party"], row["outcome"], row["closed"] is not None) for row in outcomes(store)} == {
        ("ann", "default", False), ("bo", "default", True), ("cy", "default", False), ("cy", "late", False),
    }  # fmt: skip


def test_outcomes_that_contradict_each_other_are_told(tmp_path: Path, loading: Loading, store: GraphStore) -> None:
    rows = "ann,good\nbo,good\nann,default\nbo,late\n"
    [warning] = loading(write(tmp_path / "in", parties="id\nann\nbo\n", outcomes="id,outcome\n" + rows)).warnings
    assert "1 outcomes contradict another one of the same party and time in these files (the first: 'ann')" in warning
    assert len(outcomes(store)) == 4


def test_states_that_are_repeated_with_other_content_are_told(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    head = "source,target,kind,weight,first\n"
    for folder, share, told in (("1", 0.25, 0), ("2", 0.5, 1), ("2", 0.5, 1)):
        rows = f"ann,f,OWNS,{share},2020-01-01\nann,bo,PAYS,{share},2020-01-01\n"
        result = loading(write(tmp_path / folder, relationships=head + rows), source="reg")
        assert sum("links of kind OWNS of earlier loads" in warning for warning in result.warnings) == told
        assert len(result.warnings) == told
    assert len(links(store)) == 4


def test_the_same_file_under_another_source_is_told(tmp_path: Path, loading: Loading) -> None:
    for folder in ("may", "june"):
        write(tmp_path / folder, relationships="source,target,kind\nann,bo,PAYS\n", parties=f"id\nann\nbo\n{folder}\n")
    assert loading(tmp_path / "may").warnings == loading(tmp_path / "may").warnings == ()
    [warning] = loading(tmp_path / "june").warnings
    assert "1 of these files were loaded before, with the same bytes, as source may (load 1)" in warning
    assert "--source" in warning


@pytest.mark.parametrize("n", [20, 2_000], ids=["all rows fit the sample", "most do not"])
def test_most_rows_of_another_source_in_other_bytes_are_told(tmp_path: Path, loading: Loading, n: int) -> None:
    rows = [f"p{i},p{i + 1},PAYS,{i},2024-01-{1 + i % 28:02}" for i in range(n)]
    head = "source,target,kind,amount,time"
    outcomes = f"id,outcome,time\n{chr(10).join(f'p{i},default,2024-03-01' for i in range(n))}\n"
    may = "\n".join([head, *rows, ""])
    june = "\n".join([head, *(row.replace("2024-01", "2024-02") for row in rows), ""])
    again = "\n".join([head, *reversed(rows), "p1,p3,PAYS,5,2024-01-09", ""])
    assert loading(write(tmp_path / "may", relationships=may)).warnings == ()
    assert loading(write(tmp_path / "june", relationships=june, outcomes=outcomes)).warnings == ()
    [warning] = loading(write(tmp_path / "again", relationships=again)).warnings
    assert "of the relationships are those of load 1 of source may, from files with other bytes" in warning
    told = int(warning.partition("about ")[2].split()[0].replace(",", ""))
    assert 0.9 * n <= told <= n + 1
    few = "\n".join([head, *rows[:8], ""])
    assert loading(write(tmp_path / "few", relationships=few)).warnings == ()  # two sources may well say the same


# Symmetric kinds


def test_a_symmetric_link_listed_both_ways_counts_once_in_any_order(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    rows = ["ann,bo,KNOWS,1", "bo,ann,KNOWS,1", "bo,ann,KNOWS,1", "cy,ann,KNOWS,1", "ann,cy,KNOWS,2", "bo,bo,KNOWS,1",
            "ann,bo,PAYS,1", "bo,ann,PAYS,1"]  # fmt: skip
    head = "source,target,kind,weight\n"
    result = loading(write(tmp_path / "in", relationships=head + "\n".join(rows) + "\n"))
    assert (result.read, result.loaded["relationships"], result.unchanged) == (8, 7, 1)
    assert "1 rows of symmetric kinds repeat a link in the other direction" in result.warnings[0]
    before = facts(store)
    again = loading(write(tmp_path / "in", relationships=head + "\n".join(reversed(rows)) + "\n"))
    assert (again.loaded["relationships"], again.unchanged) == (0, 8)
    assert facts(store) == before


def test_a_symmetric_link_that_a_later_load_lists_the_other_way_is_the_same(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    head = "source,target,kind,weight\n"
    may, june = ("bo,ann,KNOWS,1\nbo,ann,KNOWS,1\n", "ann,bo,KNOWS,1\nann,bo,KNOWS,1\nann,bo,KNOWS,1\n")
    loading(write(tmp_path / "may", relationships=head + may), source="book")
    result = loading(write(tmp_path / "june", relationships=head + june), source="book")
    assert (result.loaded["relationships"], result.unchanged) == (1, 2)
    assert endpoints(store) == [("ann", "bo", "KNOWS")] * 3


def test_rows_with_keys_that_list_a_symmetric_link_both_ways_count_once(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    rows = [
        "1,bo,ann,KNOWS,2",
        "2,ann,bo,KNOWS,2",
        "3,bo,cy,KNOWS,2",
        "4,cy,bo,KNOWS,3",
        "5,ann,bo,PAYS,2",
        "6,bo,ann,PAYS,2",
    ]
    for folder, order in (("in", rows), ("again", rows[::-1])):
        text = "key,source,target,kind,weight\n" + "\n".join(order) + "\n"
        result = loading(write(tmp_path / folder, relationships=text), source="book")
        assert any("1 rows of symmetric kinds repeat a link" in warning for warning in result.warnings)
        assert [(link["key"], link["source"]) for link in links(store)] == [
            ("2", "ann"), ("5", "ann"), ("6", "bo"), ("3", "bo"), ("4", "cy"),
        ]  # fmt: skip


def test_a_plain_folder_says_which_kinds_of_its_own_are_symmetric(
    tmp_path: Path, loading: Loading, store: GraphStore
) -> None:
    head = "source,target,kind,category,symmetric\n"
    rows = "ann,bo,TWIN_OF,social,true\nbo,ann,TWIN_OF,social,yes\nann,bo,ADMIRES,social,\nbo,ann,ADMIRES,social,0\n"
    result = loading(write(tmp_path / "in", relationships=head + rows))
    assert endpoints(store) == [("ann", "bo", "ADMIRES"), ("ann", "bo", "TWIN_OF"), ("bo", "ann", "ADMIRES")]
    assert (result.loaded["relationships"], result.unchanged) == (3, 1)
    assert {name: store.kinds()[name].symmetric for name in ("TWIN_OF", "ADMIRES")} == {
        "TWIN_OF": True,
        "ADMIRES": False,
    }


def test_rows_that_contradict_what_a_kind_is_are_rejected(tmp_path: Path, loading: Loading) -> None:
    head = "source,target,kind,category,symmetric\n"
    rows = "ann,bo,TWIN_OF,social,true\ncy,bo,TWIN_OF,social,false\nann,bo,KNOWS,,false\nann,bo,PAYS,money,perhaps\n"
    result = loading(write(tmp_path / "in", relationships=head + rows))
    assert rejected_rows(result) == [
        (3, "symmetric", "false", "other_direction"), (4, "symmetric", "false", "other_direction"),
        (5, "symmetric", "perhaps", "bad_flag"),
    ]  # fmt: skip


def test_the_rejected_rows_of_a_repeated_key_leave_the_earlier_row(
    tmp_path: Path, bank: Path, loading: Loading, store: GraphStore
) -> None:
    write(tmp_path / "in", pays=HEAD + "1,ann,bo,PAYS,10\n1,ann,bo,PAYS,heavy\n")
    assert rejected_rows(loading(tmp_path / "in", mapping=bank)) == [(3, "sum", "heavy", "not_a_number")]
    assert sums(store) == [("ann", "bo", "PAYS", 10.0)]


def test_a_state_that_a_later_load_gives_a_key_is_told(tmp_path: Path, loading: Loading) -> None:
    head = "source,target,kind,weight"
    loading(write(tmp_path / "1", relationships=f"{head}\nann,f,OWNS,0.3\nann,bo,PAYS,1\n"), source="reg")
    for share, told in ((0.4, 1), (0.5, 1)):
        rows = f"{head},key\nann,f,OWNS,{share},s1\n"
        result = loading(write(tmp_path / str(share), relationships=rows), source="reg")
        assert sum("links of kind OWNS of earlier loads" in warning for warning in result.warnings) == told
    other = loading(write(tmp_path / "4", relationships=f"{head},key\nann,f,OWNS,0.1,s2\n"), source="reg")
    assert any("1 links of kind OWNS of earlier loads" in warning for warning in other.warnings)


# An undo in the middle

PLAIN = "source,target,kind\n"
LINK = "ann,bo,KNOWS\n"
KEYED = "source,target,kind,amount,key\n"
MONTHS = (
    f"{KEYED}ann,bo,PAYS,1,k1\nann,cy,PAYS,2,k2\nann,di,PAYS,3,k3\n",
    f"{KEYED}ann,bo,PAYS,1,k1\nann,ev,PAYS,2,k2\n",
    f"{KEYED}ann,bo,PAYS,1,k1\nann,ev,PAYS,7,k2\n",
)


@pytest.mark.parametrize("replace", [True, False])
def test_an_undo_in_the_middle_brings_no_second_row_of_a_key_back(
    tmp_path: Path, store: GraphStore, loading: Loading, replace: bool
) -> None:
    for number, rows in enumerate(MONTHS):
        loading(write(tmp_path / str(number), relationships=rows), source="bank", replace=replace)
    undone = undo(store, 2)
    unlisted = [] if replace else [("di", 3.0)]
    assert sorted((link["target"], link["amount"]) for link in links(store)) == [("bo", 1.0), *unlisted, ("ev", 7.0)]
    assert undone.ended["relationships"] == (2 if replace else 1)
    assert sorted(parties(store)) == sorted(["ann", "bo", "ev", *(["cy", "di"] if not replace else [])])


def test_an_undo_in_the_middle_brings_back_nothing_that_a_later_full_export_does_not_list(
    tmp_path: Path, store: GraphStore, loading: Loading
) -> None:
    for number, rows in enumerate(("ann,bo,KNOWS\nann,cy,KNOWS\n", LINK, f"{LINK}ann,ev,KNOWS\n")):
        loading(write(tmp_path / str(number), relationships=PLAIN + rows), source="bank", replace=True)
    assert undo(store, 2).ended == {"relationships": 1, "parties": 1}
    assert endpoints(store) == [("ann", "bo", "KNOWS"), ("ann", "ev", "KNOWS")]


def test_an_undo_in_the_middle_brings_back_what_later_loads_leave_open(
    tmp_path: Path, store: GraphStore, loading: Loading
) -> None:
    loading(write(tmp_path / "1", relationships=f"{PLAIN}ann,bo,KNOWS\nann,cy,KNOWS\n"), source="bank")
    loading(write(tmp_path / "2", relationships=PLAIN + LINK), source="bank", replace=True)
    loading(write(tmp_path / "3", relationships=f"{PLAIN}ann,di,KNOWS\n"), source="bank")
    assert undo(store, 2).ended == {}
    assert [target for _, target, _ in endpoints(store)] == ["bo", "cy", "di"]


def test_an_undo_in_the_middle_leaves_the_newest_outcome(tmp_path: Path, store: GraphStore, loading: Loading) -> None:
    for number, outcome in enumerate(("default", "good", "fraud")):
        rows = f"id,outcome,time\nann,{outcome},2020-01-01\n"
        loading(write(tmp_path / str(number), parties="id\nann\n", outcomes=rows), source="lms")
    assert undo(store, 2).ended == {"outcomes": 1}
    assert [row["outcome"] for row in outcomes(store)] == ["fraud"]


@pytest.mark.neo4j
def test_neo4j_ends_the_same_after_an_undo_in_the_middle(tmp_path: Path, neo4j_url: str) -> None:
    opened = open_store(neo4j_url)
    for number, rows in enumerate(MONTHS):
        load([write(tmp_path / str(number), relationships=rows)], opened, source="bank", replace=True)
    assert undo(opened, 2).ended == {"relationships": 2, "parties": 2}
    assert sorted((link["target"], link["amount"]) for link in links(opened)) == [("bo", 1.0), ("ev", 7.0)]
    opened.close()
