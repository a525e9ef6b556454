"""Purposes that an installation declares in a file, and the locked profiles that none of them may loosen."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.purposes import PURPOSES, Purpose
from graph.schema import CATEGORIES
from service.purposes.file import read_purposes
from service.purposes.profiles import profiles
from service.settings import Settings

ROOT = Path(__file__).parents[2]
PAY_LATER = """
[purposes.pay_later]
profile = "eu_consumer_credit"
barred = ["work"]
retention_days = 730
cap = 1
answer = "decision"
threshold = 620
"""


def declared(folder: Path, text: str) -> dict[str, Purpose]:
    file = folder / "purposes.toml"
    file.write_text(text)
    return {name: purpose for name, purpose in read_purposes(file).items() if name not in PURPOSES}


def test_a_purpose_is_what_the_file_says_within_its_profile(tmp_path: Path) -> None:
    money = frozenset({"money", "guarantee", "ownership"})
    expected = Purpose("pay_later", money, 730, cap=1.0, threshold=620, profile="eu_consumer_credit")
    assert declared(tmp_path, PAY_LATER) == {"pay_later": expected}
    assert expected.policy() == declared(tmp_path, PAY_LATER)["pay_later"].policy()


def test_the_built_in_purposes_stay_beside_declared_ones(tmp_path: Path) -> None:
    (tmp_path / "purposes.toml").write_text(PAY_LATER)
    settings = Settings(purposes_file=tmp_path / "purposes.toml")
    assert dict(settings.purposes) == {**PURPOSES, **declared(tmp_path, PAY_LATER)}
    assert dict(Settings().purposes) == dict(PURPOSES)


def test_bounds_of_a_profile_hold_where_a_purpose_says_nothing_of_them(tmp_path: Path) -> None:
    text = '[purposes.a]\nretention_days = 1\nprofile = "human_review"\n'
    text += '[purposes.b]\nretention_days = 1\nprofile = "consented"\ncategories = ["money"]\n'
    found = declared(tmp_path, text)
    assert (found["a"].review, found["a"].consent, found["a"].categories) == (True, False, set(CATEGORIES))
    assert (found["b"].review, found["b"].consent, found["b"].categories) == (False, True, {"money"})


def test_no_data_from_social_networks_counts_in_the_credit_of_eu_consumers() -> None:
    profile = profiles()["eu_consumer_credit"]
    assert profile.allowed == {"money", "guarantee", "ownership", "work"}
    assert any("2023/2225" in source and "18(3)" in source for source in profile.sources)
    assert all(profile.barred.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x =", "at end of document"),
        ("purposes = 3", "purposes = 3: "),
        ("[purposes.A]\nretention_days = 1", "purposes.A: a name has small letters"),
        ("[purposes.a]\ncategories = ['money']", "purposes.a.retention_days is missing"),
        ("[purposes.a]\nretention_days = -1", "purposes.a.retention_days = -1: "),
        ("[purposes.a]\nretention_days = 1\ncap = 'x'", "purposes.a.cap = 'x': "),
        ("[purposes.a]\nretention_days = 1\ncap = nan", "purposes.a.cap = nan: "),
        ("[purposes.a]\nretention_days = 1\nkap = 1", "purposes.a.kap is no key; known here: profile, categories"),
        ("[purposes.a]\nretention_days = 1\ncategories = ['cash']", "purposes.a.categories.0 = 'cash': use contact"),
        ("[purposes.a]\nretention_days = 1", "a: say which relationships may count"),
        ("[purposes.a]\nretention_days = 1\ncategories = ['work']\nbarred = []", "a: give either categories or barred"),
        ("[purposes.a]\nretention_days = 1\nbarred = []\nthreshold = 600", 'a: answer = "decision" and a threshold'),
        ("[purposes.a]\nretention_days = 1\nbarred = []\nprofile = 'us'", "a: no profile is called 'us'; there are"),
        ("[purposes.lending]\nretention_days = 1\nbarred = []", "lending: a purpose of this name is built in"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        declared(tmp_path, text)
    line = str(refused.value)
    assert str(tmp_path / "purposes.toml") in line and said in line and "\n" not in line


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('profile = "eu_consumer_credit"\ncategories = ["money", "social"]', "it lets social count"),
        ('profile = "human_review"\nreview = false', "it needs no review by a person"),
        ('profile = "consented"\nconsent = false', "it needs no consent"),
    ],
)
def test_a_purpose_that_loosens_its_profile_is_refused(tmp_path: Path, keys: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"looser than its profile \w+, which is locked") as refused:
        declared(tmp_path, f"[purposes.a]\nretention_days = 1\n{keys}")
    assert said in str(refused.value)


def test_a_profile_bounds_retention_and_cap() -> None:
    profile = replace(profiles()["human_review"], retention_days=365, cap=1.0)
    purpose = Purpose("a", frozenset(), 365, cap=1.0, review=True)
    assert not list(profile.loosened_by(purpose))
    assert list(profile.loosened_by(replace(purpose, retention_days=366))) == [
        "keeps outcomes for 366 days, more than 365"
    ]
    assert list(profile.loosened_by(replace(purpose, cap=None))) == ["has a cap of none, more than 1"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"purposes .*none.toml cannot be read: No such file"):
        read_purposes(tmp_path / "none.toml")


def test_the_page_names_every_profile_with_what_it_bars_and_its_example_can_be_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "purposes.md").read_text("utf-8")
    for profile in profiles().values():
        assert f"`{profile.name}`" in page
        assert all(f"`{category}`" in page for category in profile.barred)
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert set(declared(tmp_path, example)) == {"pay_later", "tenancy"}
