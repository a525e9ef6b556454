"""Columns that may not be stored or be no features are known by their names in ten languages; innocent ones are not."""

from __future__ import annotations

import pytest

from graph.column_names import FORBIDDEN, PROTECTED, is_forbidden, is_protected, plain


def test_protected_names_are_not_forbidden_and_are_written_plainly() -> None:
    assert not PROTECTED & FORBIDDEN
    assert all(name and name == plain(name) for name in PROTECTED | FORBIDDEN)


@pytest.mark.parametrize(
    "column", ["Sex", "marital_status", "Marital Status", "FOREIGN-WORKER", "marital.status", "male", "age"]
)
def test_protected_columns_are_recognised_in_any_spelling(column: str) -> None:
    assert is_protected(column)
    assert not is_forbidden(column)


@pytest.mark.parametrize("column", ["Religion", "blood type", "blood.type", "Finger_Prints", "gene"])
def test_forbidden_columns_are_recognised_in_any_spelling(column: str) -> None:
    assert is_forbidden(column)


def test_more_columns_can_be_protected() -> None:
    assert not is_protected("Star Sign")
    assert is_protected("Star Sign", frozenset({"starsign"}))


PROTECTED_IN = {
    "English": "sex, gender, age, date of birth, marital status, ethnicity, nationality",
    "Chinese": "性别, 性別, 年龄, 出生日期, 婚姻状况, 民族, 国籍, 客户性别",
    "German": "Geschlecht, Alter, Geburtsdatum, Familienstand, Ethnie, Staatsangehörigkeit, Nationalitaet",
    "French": "Sexe, Âge, Date de naissance, Situation matrimoniale, Origine ethnique, Nationalité, État civil",
    "Spanish": "sexo, género, edad, fecha_nacimiento, estado civil, etnia, nacionalidad",
    "Portuguese": "sexo, gênero, idade, data de nascimento, estado civil, raça, nacionalidade",
    "Italian": "sesso, genere, età, data di nascita, stato civile, etnia, nazionalità, cittadinanza",
    "Polish": "płeć, wiek, data urodzenia, stan cywilny, pochodzenie etniczne, narodowość, obywatelstwo",
    "Turkish": "cinsiyet, CİNSİYET, yaş, doğum tarihi, medeni durum, etnik köken, uyruk",
    "Russian": "пол, возраст, Дата рождения, семейное положение, национальность, гражданство",
}
FORBIDDEN_IN = {
    "English": "religion, genes, fingerprint, blood type, disease, heart_disease",
    "Chinese": "宗教, 宗教信仰, 基因, 指纹, 血型, 疾病, 客户血型",
    "German": "Religion, Konfession, Religionszugehörigkeit, Fingerabdruck, Blutgruppe, Krankheiten",
    "French": "religion, confession, empreintes digitales, groupe sanguin, maladie, données génétiques",
    "Spanish": "religión, huellas dactilares, grupo sanguíneo, enfermedad, datos genéticos",
    "Portuguese": "religião, impressões digitais, tipo sanguíneo, doença",
    "Italian": "religione, impronte digitali, gruppo sanguigno, malattia",
    "Polish": "religia, wyznanie, odciski palców, grupa krwi, choroba",
    "Turkish": "din, dini inanç, parmak izi, kan grubu, hastalık",
    "Russian": "религия, отпечатки пальцев, группа крови, болезнь",
}


@pytest.mark.parametrize("language", PROTECTED_IN)
def test_protected_names_are_known_in_ten_languages(language: str) -> None:
    for name in PROTECTED_IN[language].split(", "):
        for written in (name, name.title(), name.replace(" ", "_")):
            assert is_protected(written), written
            assert not is_forbidden(written), written


@pytest.mark.parametrize("language", FORBIDDEN_IN)
def test_forbidden_names_are_known_in_ten_languages(language: str) -> None:
    for name in FORBIDDEN_IN[language].split(", "):
        for written in (name, name.title(), name.replace(" ", "_")):
            assert is_forbidden(written), written
            assert not is_protected(written), written


@pytest.mark.parametrize("column", ["customer_gender", "GeschlechtDesKunden", "date_of_birth_1", "Nationality (ISO)"])
def test_unmistakable_names_count_as_a_part_too(column: str) -> None:
    assert is_protected(column)


@pytest.mark.parametrize(
    "column",
    [
        "income", "wage", "message_count", "single_payments", "average", "image", "passage", "account_age", "stage",
        "sexta", "genero_de_produto", "Altersvorsorge", "Alter des Kontos", "wiek konta", "edad_cuenta", "agencia",
        "ETA", "eta", "DIN", "DNS", "good_faith", "device_fingerprint", "设备指纹", "民族银行", "account_disabled",
        "programming_language", "diagnostics", "Partei", "polish", "pole", "race_time", "gene_id", "Kunde seit",
    ],
)  # fmt: skip
def test_false_friends_are_neither(column: str) -> None:
    assert not is_protected(column)
    assert not is_forbidden(column)
