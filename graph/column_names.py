"""Names of columns that may not be stored, or be stored but never become features, in ten languages.

A name is compared without case, accents, blanks and signs. Names in the first list of each language count as a part of
a column's name too (`customer gender`, `GeschlechtDesKunden`), those in the second alone: `age`, but not `account age`.
The languages are English, Chinese, German, French, Spanish, Portuguese, Italian, Polish, Turkish and Russian.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

_PROTECTED_PARTS: Final = """
    gender, marital status, marital, date of birth, birth date, birthday, birth year, year of birth, place of birth,
    birthplace, native place, ethnicity, ethnic, nationality, citizenship, foreign worker, pregnancy, pregnant,
    disability, sexual orientation, political affiliation, political party, union member, union membership,
    personal status and sex,
    性别, 性別, 年龄段, 出生日期, 出生年月, 出生年份, 出生地, 婚姻状况, 婚姻狀況, 婚姻状态,
    国籍, 國籍, 种族, 種族, 族裔, 残疾, 殘疾, 怀孕, 懷孕, 性取向, 政治面貌,
    geschlecht, geburtsdatum, geburtstag, geburtsjahr, geburtsort, geburtsland, familienstand, personenstand,
    zivilstand, ehestand, staatsangehörigkeit, staatsangehoerigkeit, staatsbürgerschaft, staatsbuergerschaft,
    nationalität, nationalitaet, ethnie, ethnische herkunft, schwerbehinderung, schwangerschaft, sexuelle orientierung,
    parteizugehörigkeit, gewerkschaftszugehörigkeit, gewerkschaftsmitglied, muttersprache,
    sexe, date de naissance, date naissance, année de naissance, lieu de naissance, lieu naissance, situation
    matrimoniale, situation familiale, situation de famille, état civil, état matrimonial, nationalité, citoyenneté,
    ethnie, origine ethnique, grossesse, orientation sexuelle, appartenance syndicale, opinion politique, opinions
    politiques, langue maternelle,
    sexo, fecha de nacimiento, fecha nacimiento, año de nacimiento, lugar de nacimiento, estado civil, nacionalidad,
    ciudadanía, etnia, origen étnico, discapacidad, embarazo, embarazada, orientación sexual, afiliación sindical,
    afiliación política, lengua materna,
    data de nascimento, data nascimento, ano de nascimento, local de nascimento, nacionalidade, cidadania, raça cor,
    cor da pele, gravidez, orientação sexual, filiação sindical, filiação política, língua materna,
    sesso, data di nascita, data nascita, anno di nascita, luogo di nascita, comune di nascita, stato civile,
    nazionalità, cittadinanza, origine etnica, disabilità, gravidanza, orientamento sessuale, iscrizione sindacale,
    madrelingua,
    płeć, data urodzenia, rok urodzenia, miejsce urodzenia, stan cywilny, narodowość, obywatelstwo, pochodzenie
    etniczne, niepełnosprawność, orientacja seksualna, przynależność związkowa, język ojczysty,
    cinsiyet, doğum tarihi, doğum yılı, doğum yeri, medeni durum, medeni hal, uyruk, milliyet, vatandaşlık, etnik köken,
    engellilik, hamilelik, cinsel yönelim, sendika üyeliği,
    дата рождения, год рождения, место рождения, семейное положение, гражданство, национальность, этническая
    принадлежность, инвалидность, беременность, сексуальная ориентация, членство в профсоюзе, родной язык
"""
_PROTECTED_ALONE: Final = """
    age, age group, sex, disabled, male, female, marriage, married, single, divorced, widowed, race, dob, birth,
    language,
    personal status,
    年龄, 年齡, 生日, 籍贯, 籍貫, 婚姻, 婚否, 已婚, 民族, 党派, 母语, 语言,
    alter, altersgruppe, behinderung, behindert, schwanger, verheiratet, ledig, geschieden, verwitwet, gewerkschaft,
    sprache,
    âge, naissance, race, handicap, enceinte, marié, mariée, célibataire, divorcé, divorcée, veuf, veuve, langue,
    edad, género, raza, nacimiento, casado, casada, soltero, soltera, divorciado, viudo, idioma,
    idade, gênero, raça, nascimento, deficiência, grávida, solteiro, naturalidade,
    genere, razza, nascita, incinta, coniugato, coniugata, celibe, nubile, vedovo, lingua,
    wiek, rasa, urodzenie, ciąża, żonaty, zamężna, język,
    yaş, ırk, engelli, hamile, evli, bekar, anadil, ana dili, dil,
    пол, возраст, раса, рождение, инвалид, женат, замужем, язык
"""
_FORBIDDEN_PARTS: Final = """
    religion, religions, religious belief, religious, genetic data, genetics, genetic, genome, blood type, blood group,
    disease, diseases, medical history, medical condition, medical diagnosis, illness, biometric, biometrics,
    宗教, 宗教信仰, 血型, 疾病, 病史, 病历, 病歷, 生物特征, 生物特徵,
    religionszugehörigkeit, religionszugehoerigkeit, konfession, glaubensbekenntnis, kirchenzugehörigkeit,
    kirchensteuermerkmal, blutgruppe, krankheit, krankheiten, vorerkrankung, vorerkrankungen, fingerabdruck,
    fingerabdrücke, fingerabdruecke, gendaten,
    groupe sanguin, maladie, maladies, empreinte digitale, empreintes digitales, données génétiques, antécédents
    médicaux, diagnostic médical,
    religión, creencia religiosa, grupo sanguíneo, tipo de sangre, enfermedad, enfermedades, huella dactilar, huellas
    dactilares, datos genéticos, historial médico, diagnóstico médico,
    religião, tipo sanguíneo, doença, doenças, impressão digital, impressões digitais, dados genéticos, histórico
    médico,
    religione, credo religioso, gruppo sanguigno, malattia, malattie, impronta digitale, impronte digitali, dati
    genetici,
    religia, wyznanie, grupa krwi, choroba, choroby, odcisk palca, odciski palców, dane genetyczne,
    dini inanç, din bilgisi, mezhep, kan grubu, hastalık, hastalıklar, parmak izi, genetik veri,
    религия, вероисповедание, группа крови, болезнь, болезни, заболевание, заболевания, отпечаток пальца, отпечатки
    пальцев, генетические данные
"""
_FORBIDDEN_ALONE: Final = """
    faith, gene, genes, dna, fingerprint, fingerprints, diagnosis,
    信仰, 诊断, 診斷, 基因, 指纹, 指紋, 遗传, 遺傳,
    glaube, erbgut, genetik, diagnose, diagnosen,
    confession, culte, adn, génétique,
    creencia, huella digital, genética,
    crença,
    fede, genetica, diagnosi, patologia,
    genetyka, diagnoza,
    din, dini, inanç, genetik, teşhis, tanı,
    днк, генетика, диагноз
"""
# Names that are protected in one spelling alone: without the accent, or in capitals, they are other words.
_EXACT: Final = frozenset({"età", "Età", "ETÀ"})  # ETA is a time of arrival
_ACRONYMS: Final = frozenset({"DIN"})  # an identification number of directors, and a standard; `din` is a religion
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_WORD_END: Final = re.compile(r"(?<=[a-zß-öø-ÿ0-9])(?=[A-ZÀ-Þ])")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")  # is written without blanks between words
_SIGNS: Final = re.compile(r"[\W_]+")
_MOST_WORDS: Final = 4  # of a name


def plain(name: str) -> str:
    """A column name as names are compared: without case, accents, blanks and signs.

    >>> plain("Marital.Status"), plain("Płeć"), plain("Staatsangehörigkeit")
    ('maritalstatus', 'plec', 'staatsangehorigkeit')
    """
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return _SIGNS.sub("", "".join(c for c in folded if not unicodedata.combining(c)))


def _names(text: str) -> frozenset[str]:
    return frozenset(plain(name) for name in text.split(","))


_PROTECTED: Final = _names(_PROTECTED_PARTS)
_FORBIDDEN: Final = _names(_FORBIDDEN_PARTS)
PROTECTED: Final = _PROTECTED | _names(_PROTECTED_ALONE)  # as `plain` writes them
FORBIDDEN: Final = _FORBIDDEN | _names(_FORBIDDEN_ALONE)


def is_protected(column: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether an attribute may never be a feature; `more` are plain names that mappings add to PROTECTED."""
    if column.strip() in _EXACT or plain(column) in more:
        return True
    return not is_forbidden(column) and _matches(column, PROTECTED, _PROTECTED)


def is_forbidden(column: str) -> bool:
    """Whether a column may not be stored at all."""
    return column.strip() not in _ACRONYMS and _matches(column, FORBIDDEN, _FORBIDDEN)


def _matches(column: str, whole: frozenset[str], parts: frozenset[str]) -> bool:
    name = plain(column)
    if name in whole or not parts.isdisjoint(_parts(column)):
        return True
    return bool(_CHINESE.search(name)) and any(part in name for part in parts if _CHINESE.match(part))


def _parts(column: str) -> Iterator[str]:
    """The words of a name and those that follow one another, as `plain` writes them."""
    words = [plain(word) for word in _SIGNS.split(_WORD_END.sub(" ", unicodedata.normalize("NFC", column)))]
    for begin in range(len(words)):
        for end in range(begin + 1, min(begin + _MOST_WORDS, len(words)) + 1):
            yield "".join(words[begin:end])


def protected_among(columns: Iterable[str]) -> list[str]:
    """Those of some columns that are protected by their name, in their order."""
    return [column for column in columns if is_protected(column)]
