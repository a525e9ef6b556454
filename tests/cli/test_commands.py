"""What every command prints, writes and returns."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gnn.features.families import BY_NAME
from graph.purposes import PURPOSES
from graph.snapshots.build import build_snapshot
from graph.stores.open import open_store
from tests.house import ODD_IDS, House

HEAVY = ("torch", "flask", "apiflask", "lightgbm", "onnxruntime", "sklearn", "scipy", "numba", "sqlalchemy")


def one_line(text: str) -> bool:
    return text.startswith("kith: ") and text.count("\n") == 1 and text.endswith("\n")


# ------------------------------------------------------------------------------------------ contracts


def test_load_answers_with_counts_that_add_up(house: House) -> None:
    answer = house.made["load"]
    assert {"read", "loaded", "implied", "unchanged", "rejected", "rejects_file", "revision", "seconds"} <= set(answer)
    assert set(answer["loaded"]) == {"parties", "relationships", "outcomes"}
    assert answer["read"] == sum(answer["loaded"].values()) + answer["unchanged"] + answer["rejected"]


@pytest.mark.slow
def test_loading_again_changes_nothing_and_a_dry_run_writes_nothing(house: House, tmp_path: Path) -> None:
    town = str(house.folder.parent / "town")
    again = house.kith("load", town)
    assert again.json is not None and sum(again.json["loaded"].values()) == 0
    assert (
        again.json["unchanged"] == again.json["read"] and again.json["revision"] == house.made["load odd"]["revision"]
    )
    elsewhere = House(tmp_path, house.truth, {})
    tried = elsewhere.kith("load", town, "--dry-run")
    assert tried.json is not None and tried.json["loaded"] == house.made["load"]["loaded"]
    assert "would load" in tried.out
    assert "load something" in elsewhere.kith("snapshot").err


def test_snapshot_answers_with_counts_by_kind(house: House) -> None:
    answer = house.made["snapshot"]
    assert {"snapshot", "parties", "relationships", "outcomes", "revision", "seconds"} <= set(answer)
    with (house.folder.parent / "town" / "relationships.csv").open(newline="") as file:
        rated = sum(row["kind"] == "RATES" for row in csv.DictReader(file))
    assert answer["relationships"]["RATES"] == rated + 2 and Path(answer["snapshot"]).is_dir()
    told = house.made["load"]["loaded"]["parties"] + house.made["load odd"]["loaded"]["parties"]
    assert answer["parties"] == told


def test_the_same_facts_give_the_same_snapshot_wherever_it_is_written(house: House, tmp_path: Path) -> None:
    other = house.kith("snapshot", "--out", str(tmp_path / "snapshot"))
    assert other.json is not None and other.json["id"] == house.made["snapshot"]["id"]


def test_train_says_that_it_trained_point_in_time_and_every_score_names_the_horizon(house: House) -> None:
    """One default of 2019 among the outcomes of 2025 does not move the horizon."""
    answer = house.made["train"]
    assert answer["static_because"] is None and 40 < answer["horizon_days"] < 92
    assert len(answer["observed_at"]) == 12 and min(answer["observed_at"]) > 1_735_689_600  # 2025 begins
    scored = house.kith("score", house.member)
    assert scored.json is not None
    assert {one["horizon_days"] for one in scored.json["scores"]} == {answer["horizon_days"]}
    assert f"probability of a bad outcome within {answer['horizon_days']} days" in " ".join(scored.out.split())


def test_a_store_that_is_not_there_is_refused_where_it_is_named(house: House, tmp_path: Path) -> None:
    said = house.kith("train", "--store", f"sqlite:///{tmp_path / 'none.db'}")
    assert said.code == 2 and "is no store" in said.err and one_line(said.err)


def test_a_repair_for_a_column_that_features_read_is_refused_before_training(house: House) -> None:
    said = house.kith("train", "--mitigate", "income")
    assert said.code == 2 and one_line(said.err) and 'protected = ["income"]' in said.err


def test_score_writes_one_object_and_prints_the_score_and_its_reasons(house: House) -> None:
    said = house.kith("score", house.member, house.shop)
    assert said.code == 0 and said.json is not None
    assert [one["party"] for one in said.json["scores"]] == [house.member, house.shop]
    for one in said.json["scores"]:
        assert {
            "score",
            "probability",
            "interval",
            "level",
            "warnings",
            "purpose",
            "snapshot",
            "revision",
            "model",
        } <= set(one)
        assert {"policy", "odds0", "engine", "as_of", "receipt", "reasons"} <= set(one)
        assert f"{one['score']} of 350-950" in said.out
        assert all(reason["code"] in said.out for reason in one["reasons"])


def test_scores_of_all_parties_are_a_table_with_the_same_answers(house: House, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    said = house.kith("score", "--all", "--out", str(out))
    assert said.code == 0, said.err
    rows = {row["party"]: row for row in pq.read_table(out).to_pylist()}
    assert len(rows) == house.made["snapshot"]["parties"]
    one = house.kith("score", house.member).json["scores"][0]  # type: ignore[index]
    assert {name: one[name] for name in rows[house.member]} == rows[house.member]
    assert not list(tmp_path.glob(".*")), "no half-written file stays"


def test_an_explanation_adds_up_and_names_what_is_shared_in_a_ring(house: House) -> None:
    said = house.kith("explain", house.member)
    assert said.code == 0 and said.json is not None
    total = said.json["base"] + sum(said.json["contributions"].values())
    assert total == pytest.approx(said.json["log_odds"], abs=1e-9)
    assert "how the score adds up" in said.out
    tied = [one for reason in said.json["reasons"] for one in (reason["evidence"] or {"strongest": []})["strongest"]]
    ring = {one["id"]: one["via"] for one in tied if one["id"] in house.truth.rings["ring_01"] and one["via"]}
    assert ring, "other members are named, with what they share"
    assert all(via in said.out for shared in ring.values() for via in shared)


@pytest.mark.slow
def test_an_explanation_names_the_features_that_carry_each_share_when_asked(house: House) -> None:
    plain, full = house.kith("explain", house.member), house.kith("explain", house.member, "--features")
    assert plain.json is not None and plain.json["features"] is None
    assert full.code == 0 and full.json is not None
    features = full.json["features"]
    assert {one["category"] for one in features} <= {"own", *full.json["contributions"]}
    assert all(one["text"] == BY_NAME[one["family"]].text and one["columns"] > 0 for one in features)
    strongest = max(features, key=lambda one: abs(one["points"]))
    assert strongest["family"] in full.out and strongest["family"] not in plain.out


def test_a_relationship_is_told_from_both_ends(house: House) -> None:
    member, other = house.truth.rings["ring_01"][:2]
    said = house.kith("relationship", member, other, "--exposure", "1000")
    assert said.code == 0 and said.json is not None
    assert (said.json["source"], said.json["target"]) == (member, other)
    assert said.json["shared_identifiers"], "a ring shares its device"
    assert said.json["expected_loss"] == 1000.0, "the member of the ring is in default, which is certain"


def test_keys_are_made_listed_and_revoked(house: House) -> None:
    made = house.kith("keys", "create", "--role", "service", "--purpose", "lending")
    assert made.json is not None and set(made.json) == {"key", "id"}
    assert made.json["key"] in made.out
    assert _key(house, made.json["id"]) | {"prefix": "?"} == {
        "id": made.json["id"], "prefix": "?", "name": None, "role": "service", "purposes": ["lending"],
        "state": "valid", "expires": None, "used": None, "per_minute": None, "per_day": None, "sandbox": False,
    }  # fmt: skip
    assert house.kith("keys", "revoke", str(made.json["id"])).code == 0
    assert _key(house, made.json["id"])["state"] == "revoked"
    listed = house.kith("keys", "list").json
    assert made.json["key"] not in json.dumps(listed)


def test_a_key_without_a_purpose_has_one_and_says_which(house: House) -> None:
    made = house.kith("keys", "create", "--role", "investigator")
    assert made.json is not None and _key(house, made.json["id"])["purposes"] == ["fraud_investigation"]
    assert "may ask for fraud_investigation;" in made.out and "--purpose all" in made.out
    every = house.kith("keys", "create", "--role", "investigator", "--purpose", "all")
    assert every.json is not None and _key(house, every.json["id"])["purposes"] == sorted(PURPOSES)
    assert "no --purpose was named" not in every.out


def test_a_key_belongs_to_a_person(house: House) -> None:
    made = house.kith("keys", "create", "--role", "investigator", "--name", " Ada  Lim ")
    assert made.json is not None and "of Ada Lim," in made.out
    assert _key(house, made.json["id"])["name"] == "Ada Lim"
    for name in ("", "  ", "x" * 201, "right\u202eleft"):
        said = house.kith("keys", "create", "--role", "investigator", "--name", name)
        assert said.code == 2 and said.err.count("\n") == 1


def test_the_file_of_a_key_is_for_its_maker_alone(house: House) -> None:
    made = house.kith("keys", "create", "--role", "service")
    assert made.json is not None and made.json["key"]
    assert (house.folder / "answer.json").stat().st_mode & 0o077 == 0


def _key(house: House, id: int) -> dict[str, object]:
    keys = house.kith("keys", "list").json["keys"]  # type: ignore[index]
    return next(key for key in keys if key["id"] == id)


# ---------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], 2, "nonsense"),
        (["score"], 2, "--all"),
        (["score", "--all"], 2, "--out"),
        (["score", "a", "--all", "--out", "x.parquet"], 2, "--all"),
        (["score", "nobody at all"], 2, "nobody at all"),
        (["score", "a", "--purpose", "gossip"], 2, "fraud_investigation"),
        (["score", "a", "--model", "/nowhere"], 1, "/nowhere"),
        (["score", "a", "--snapshot", "/nowhere"], 1, "/nowhere"),
        (["score", "--all", "--out", "/nowhere/x.parquet"], 1, "/nowhere"),
        (["explain", "a", "--purpose", "deposit_waiver"], 1, "yes or no"),
        (["relationship", "a", "a"], 2, "two"),
        (["relationship", "a", "b/c", "--exposure", "-1"], 2, "exposure"),
        (["relationship", "a", "b/c", "--exposure", "nan"], 2, "exposure"),
        (["load"], 2, "--undo"),
        (["load", "/nowhere"], 1, "/nowhere"),
        (["load", "--undo", "99"], 2, "99"),
        (["load", "/nowhere", "--store", "mongodb://x"], 2, "sqlite:///"),
        (["snapshot", "--as-of", "tomorrow"], 2, "tomorrow"),
        (["snapshot", "--store", "sqlite:////nowhere/kith.db"], 2, "load something"),
        (["train", "--seed", "-1"], 2, "--seed"),
        (["train", "--base-rate", "3"], 2, "share between 0 and 1"),
        (["train", "--late-from", "-90"], 2, "--late-from"),
        (["evaluate", "/nowhere", "--base-rate", "0"], 2, "share between 0 and 1"),
        (["evaluate", "/nowhere", "--task", "trust-sign", "--late-from", "90"], 2, "nothing else of risk"),
        (["evaluate", "/nowhere", "--seed", "-1"], 2, "--seed"),
        (["evaluate", "/nowhere", "--max-train-labels", "0"], 2, "--max-train-labels"),
        (["what-if", "--default", "nobody"], 2, "nobody"),
        (["load", "/nowhere", "--store", "sqlite:////proc/nowhere/kith.db"], 1, "/proc/nowhere"),
        (["keys", "create"], 2, "--role"),
        (["keys", "create", "--role", "boss"], 2, "investigator"),
        (["keys", "create", "--role", "admin", "--purpose", "gossip"], 2, "lending"),
        (["bench", "nonsense"], 2, "propagation"),
        (["serve", "--port", "99999"], 2, "--port"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(house: House, arguments: list[str], code: int, words: str) -> None:
    said = house.kith(*arguments)
    assert said.code == code, said.err
    assert one_line(said.err) and words in said.err
    assert "Traceback" not in said.err + said.out and said.json is None


def test_without_anything_made_yet_a_command_says_what_comes_first(tmp_path: Path, house: House) -> None:
    empty = House(tmp_path, house.truth, {})
    for command, first in (("score", "kith snapshot"), ("train", "kith snapshot"), ("explain", "kith snapshot")):
        said = empty.kith(*([command] if command == "train" else [command, "a"]))
        assert said.code == 1 and first in said.err and one_line(said.err)


def test_a_snapshot_of_nothing_is_not_made(tmp_path: Path, house: House) -> None:
    empty = House(tmp_path / "home", house.truth, {})
    assert "load something" in empty.kith("snapshot").err
    assert not (tmp_path / "home" / "kith.db").exists()
    assert empty.kith("load", "--undo", "1").code == 2  # leaves a store without facts
    said = empty.kith("snapshot")
    assert said.code == 2 and "empty" in said.err and not (tmp_path / "home" / "snapshots").exists()


@pytest.mark.parametrize("asked", [["score", "a"], ["rings"], ["train"]])
def test_no_command_answers_from_a_snapshot_with_a_flipped_byte(house: House, tmp_path: Path, asked: list[str]) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(house.made["snapshot"]["snapshot"], damaged)
    file = damaged / "links" / "CALLS" / "in_indptr.i8"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    said = house.kith(*asked, "--snapshot", str(damaged))
    assert said.code == 1 and one_line(said.err) and "in_indptr.i8" in said.err


def test_the_scale_is_a_setting_of_the_installation(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = house.kith("score", "a").json["scores"][0]["score"]  # type: ignore[index]
    monkeypatch.setenv("KITH_ODDS0", str(2 / 19))
    assert house.kith("score", "a").json["scores"][0]["score"] == pytest.approx(usual + 50, abs=1)  # type: ignore[index]
    monkeypatch.setenv("KITH_ODDS0", "a lot")
    said = house.kith("score", "a")
    assert said.code == 2 and "a lot" in said.err


def test_a_json_file_that_cannot_be_written_is_a_failure(house: House) -> None:
    with house.here():
        from cli.main import run

        assert run(["score", "a", "--json", "/nowhere/x.json"]) == 1


def test_a_fault_in_kith_is_one_line_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.answers.scores.score", lambda *_, **__: 1 / 0)
    said = house.kith("score", "a")
    assert said.code == 1 and one_line(said.err)
    assert "ZeroDivisionError at test_commands.py" in said.err


@pytest.mark.parametrize("party", [id for id in ODD_IDS if id.isprintable()])
def test_ids_are_shown_as_they_are_and_mean_nothing_to_the_terminal(house: House, party: str) -> None:
    said = house.kith("score", party)
    assert said.code == 0, said.err
    assert f"{party} (Person Odd {party})" in said.out


def test_control_characters_are_shown_not_obeyed(house: House) -> None:
    said = house.kith("score", "\x1b[31mred\x07")
    assert said.code == 2 and "\x1b" not in said.err and "\x07" not in said.err


# ------------------------------------------------------------------------------------- real processes


def modules_after(*arguments: str, home: Path) -> set[str]:
    """Which heavy packages a command has imported by its end, in a process of its own."""
    program = (
        "import sys\nfrom cli.main import run\ncode = run(sys.argv[1:])\n"
        f"print('MODULES', *[name for name in {HEAVY!r} if name in sys.modules])\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True, text=True, env={"KITH_HOME": str(home), "PYTHONPATH": ":".join(sys.path)}, check=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.slow
def test_help_and_keys_read_no_arrays(house: House) -> None:
    assert modules_after("--help", home=house.folder) == set()
    assert modules_after("keys", "list", home=house.folder) == {"sqlalchemy"}


@pytest.mark.slow
def test_scoring_leaves_nothing_outside_the_folder_of_kith(house: House, tmp_path: Path) -> None:
    """onnxruntime would keep a record of what it runs in the user's home."""
    kith = [sys.executable, "-c", "from cli.main import run; raise SystemExit(run(['score', 'a']))"]
    surroundings = {"KITH_HOME": str(house.folder), "HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    subprocess.run(kith, env=surroundings, capture_output=True, check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_scoring_needs_neither_torch_nor_flask(house: House) -> None:
    assert modules_after("explain", house.member, home=house.folder) & {"torch", "flask", "apiflask"} == set()


@pytest.mark.slow
def test_the_installed_command_returns_the_exit_code(house: House) -> None:
    kith = Path(sys.executable).with_name("kith")
    env = {"KITH_HOME": str(house.folder), "PYTHONPATH": ":".join(sys.path)}
    wrong = subprocess.run([kith, "score", "nobody"], capture_output=True, text=True, env=env, check=False)
    assert wrong.returncode == 2 and one_line(wrong.stderr) and wrong.stdout == ""
    alone = subprocess.run([kith], capture_output=True, text=True, env=env, check=False)
    assert alone.returncode == 2 and "Commands:" in alone.stderr


def test_long_lines_are_not_cut_where_the_output_is_a_file(house: House) -> None:
    said = house.kith("snapshot")
    assert said.json is not None and said.json["snapshot"] in said.out.splitlines()


@pytest.mark.parametrize(
    "asked",
    [
        "score {id}",
        "score --all --out all.csv",
        "explain {id}",
        "relationship {id} {id}",
        "what-if --default {id}",
        "serve --port 0",
    ],
)
def test_a_column_protected_since_training_stops_every_command_that_asks_the_model(
    house: House, asked: str, tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{house.copy(tmp_path / 'home').folder / 'kith.db'}")
    store.add_protected(["income"])
    build_snapshot(store, tmp_path / "now")
    store.close()
    said = house.kith(*asked.format(id=house.member).split(), "--snapshot", str(tmp_path / "now"))
    assert said.code == 1 and one_line(said.err)
    assert "reads income, which the snapshot protects" in said.err and "kith train" in said.err
