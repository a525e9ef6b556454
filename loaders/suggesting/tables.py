"""What a file holds: the tables that it is read as, with the fields of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from graph.column_names import is_forbidden
from graph.schema import CATEGORIES, KIND_NAME, PARTY_KINDS, RELATIONSHIP_KINDS
from loaders.reading.format_of import VCARD
from loaders.suggesting.address_book import tables_of_address_book
from loaders.suggesting.columns import PARTY_KIND, USES, Column, DescribedFile
from loaders.suggesting.overlap import refers_to
from loaders.suggesting.toml_text import FileText, toml
from loaders.suggesting.vocabulary import KINDS, OUTCOMES, ROLES, concepts, names_bad_parties

SHORT: Final = 3  # columns of a list of parties with what became of them
ALIKE: Final = 0.1  # share of ids that two columns of ends have in common, where nothing else names them
RATINGS: Final = frozenset(map(str, range(-10, 11)))
SIDE_PARTS: Final = ("account", "phone", "person", "device")


def tables_of(file: DescribedFile, others: Sequence[DescribedFile]) -> list[FileText]:
    """The tables of a file, parties first; others: the files beside it."""
    if file.sample.form == VCARD:
        return list(tables_of_address_book(file))
    ends = _ends(file)
    if ends is not None:
        return [_links(file, *ends)]
    persons = [column for column in file.columns if column.part == "person"]
    firms = file.of_part("firm_id")
    if firms and persons:
        return list(_register(file, firms[0], persons[0]))
    key = next((column for column in persons if column.evidence.unique), None)
    refers = key is not None and _is_list_elsewhere(key, file, others)
    status = file.of_part("status")
    tells_outcomes = bool(status) or names_bad_parties(file.sample.path.stem)
    if persons and tells_outcomes and (key is None or refers or len(file.columns) <= SHORT):
        return list(_outcomes(file, key or persons[0], status[0] if status else None))
    if key is not None or firms:
        return list(_parties(file, key or firms[0]))
    uses = [column for column in file.columns if column.part in USES]
    if persons and uses:
        return [_use(file, persons[0], column) for column in uses]
    return list(_unknown(file, persons))


def _is_list_elsewhere(key: Column, file: DescribedFile, others: Sequence[DescribedFile]) -> bool:
    """Whether the ids are those of another file that lists them with more columns."""
    return any(
        refers_to(key, column) and column.evidence.unique and len(other.columns) > len(file.columns)
        for other in others
        if other is not file
        for column in other.columns
        if column.part == "person"
    )


def _ends(file: DescribedFile) -> tuple[Column, Column] | None:
    """The columns of the two ends of links, None where the file holds no links."""
    for part in SIDE_PARTS:
        columns = [column for column in file.columns if column.part == part]
        sources = [column for column in columns if "source" in column.means and "target" not in column.means]
        targets = [column for column in columns if "target" in column.means and "source" not in column.means]
        if sources and targets:
            return sources[0], targets[0]
    if file.sample.header is None and len(file.columns) >= 2:
        first, second = file.columns[:2]
        if first.evidence.form == second.evidence.form and not first.evidence.unique:
            return first, second
    for part in ("phone", "account", "person"):
        columns = [column for column in file.columns if column.part == part]
        if len(columns) == 2 and (part == "person" or not file.of_part("person")):
            first, second = columns
            common = len(first.evidence.values & second.evidence.values)
            if part != "person" or common >= ALIKE * min(first.evidence.distinct, second.evidence.distinct):
                return first, second
    return None


# ---------------------------------------------------------------------------------------------- tables


def _links(file: DescribedFile, source: Column, target: Column) -> FileText:
    kind = _kind(file, source, target)
    text = _file(file, "relationships")
    text.fields["source"], text.fields["target"] = _id(source), _id(target)
    used = [source, target]
    if source.part in PARTY_KIND and source.part != "person":
        text.keys["source_kind"] = text.keys["target_kind"] = PARTY_KIND[source.part]
    kinds = next(iter(file.of_part("kind")), None)
    if kinds is not None and all(map(KIND_NAME.fullmatch, kinds.evidence.values)) and not _is_category(kinds):
        text.fields["kind"] = kinds.name
        used += [kinds, *_category(file, kinds, text)]
    else:
        text.fields["kind"] = {"constant": kind or "KNOWS"}
        if kind is None:
            text.said["kind"] = "nothing shows what ties them; `kith kinds` lists the kinds"
        elif kinds is not None:
            text.said["kind"] = f"or by the column {kinds.name}, with values = {{ ... }}"
    amount = next(iter(file.of_part("amount")), None)
    if amount is not None:
        text.fields["amount"] = _number(amount)
        used.append(amount)
        if any(
            value.lstrip().startswith(("-", "(", "\u2212")) or value.endswith("-") for value in amount.evidence.values
        ):
            text.said["amount"] = 'some are negative: with negative = "reverse" the money went the other way'
    rating = next((column for column in file.columns if column.part == "" and _is_rating(column)), None)
    if rating is not None and kind in {None, "RATES"} and kinds is None:
        text.fields |= {"kind": {"constant": "RATES"}, "weight": {"column": rating.name, "divide_by": 10}}
        text.said["kind"] = f"{rating.name} looks like ratings from -10 to 10"
        used.append(rating)
    for part, name in (("duration", "amount"), ("weight", "weight"), ("share", "weight"), ("count", "count")):
        column = next(iter(file.of_part(part)), None)
        if column is not None and name not in text.fields:
            text.fields[name] = _number(column)
            used.append(column)
    used += _times(file, text)
    for column in (source, target):
        empty = round((1 - column.evidence.filled) * len(file.sample.rows))
        if empty:
            where = f"where = [{{ column = {toml(column.name)}, missing = false }}]"
            rows = f"{empty:,} of {len(file.sample.rows):,} rows"
            text.doubts.append(f"{column.name}: {rows} have none and will be rejected; leave them out with {where}")
    currencies = next(iter(file.of_part("currency")), None)
    if currencies is not None and currencies.evidence.distinct > 1:
        several = ", ".join(sorted(currencies.evidence.values)[:5])
        text.doubts.append(
            f"{currencies.name} has {several}: amounts of several currencies do not add up; choose with where"
        )
    if file.sample.header is None:
        text.said["source"] = "the first column; its direction is a guess"
    _ignore(text, file, used)
    _key(text, file)
    return text


def _is_rating(column: Column) -> bool:
    """Whether a column holds whole numbers from -10 to 10, of both signs."""
    values = column.evidence.values
    signs = {value.startswith("-") for value in values}
    return column.evidence.form == "number" and len(signs) == 2 and values <= RATINGS


def _is_category(column: Column) -> bool:
    return column.evidence.values <= set(CATEGORIES)


def _category(file: DescribedFile, kinds: Column, text: FileText) -> list[Column]:
    """The column of the categories of kinds that are not built in, which is added to the table."""
    found = next((column for column in file.columns if column.evidence.filled and _is_category(column)), None)
    unknown = sorted(kinds.evidence.values - set(RELATIONSHIP_KINDS))
    if found is not None:
        text.fields["category"] = found.name
        return [found]
    meant = {value: kind for value in unknown for kind in [_built_in(value)] if kind}
    if meant:
        text.fields["kind"] = {"column": kinds.name, "values": meant}
        text.said["kind"] = "`kith kinds` lists the kinds"
    unknown = [value for value in unknown if value not in meant]
    if unknown:
        text.doubts.append(f"{kinds.name}: {', '.join(unknown[:5])} are not built in: define them under [[kinds]]")
    return []


def _built_in(value: str) -> str | None:
    """The built-in kind that a kind of a file means, by its letters or its words."""
    if value.upper() in RELATIONSHIP_KINDS:
        return value.upper()
    return next((kind for kind in KINDS if kind in concepts(value, KINDS)), None)


def _register(file: DescribedFile, firm: Column, person: Column) -> Iterator[FileText]:
    """A register of firms with the people who have a role in each."""
    firms = _file(file, "parties")
    firms.fields["id"] = _id(firm)
    name = next(iter(file.of_part("firm")), None)
    if name is not None:
        firms.fields["name"] = name.name
    firms.fields["kind"] = {"constant": "Company"}
    if firm.evidence.repeated:
        firms.keys["distinct"] = True
        firms.said["distinct"] = f"{firm.name} comes several times, so its rows are taken as of one company"
    firms.keys["ignore"] = ["*"]
    yield firms
    text = _file(file, "relationships")
    text.fields["source"], text.fields["target"] = _id(person), _id(firm)
    text.keys["target_kind"] = "Company"
    used = [person, firm]
    role = next(iter(file.of_part("kind")), None)
    if role is not None:
        values, doubtful = _values(role, ROLES)
        text.fields["kind"] = {"column": role.name, "values": values}
        used.append(role)
        if doubtful:
            text.doubts.append(f"{role.name}: what is {', '.join(map(repr, doubtful))}? `kith kinds` lists the kinds")
    else:
        text.fields["kind"] = {"constant": "SHAREHOLDER_OF"}
        text.said["kind"] = "nothing shows what ties people and firms"
    share = next(iter(file.of_part("share", "weight")), None)
    if share is not None:
        text.fields["weight"] = _number(share)
        used.append(share)
    used += _times(file, text)
    _ignore(text, file, used)
    yield text


def _outcomes(file: DescribedFile, person: Column, status: Column | None) -> Iterator[FileText]:
    text = _file(file, "outcomes")
    text.fields["id"] = _id(person)
    used = [person]
    if status is None:
        text.fields["outcome"] = {"constant": "fraud"}
        text.said["outcome"] = "by the name of the file"
    else:
        values, doubtful = _values(status, OUTCOMES)
        text.fields["outcome"] = {"column": status.name, "values": values}
        used.append(status)
        if doubtful:
            text.doubts.append(
                f"{status.name}: is {', '.join(map(repr, doubtful))} good, late, default, cured or fraud?"
            )
    times = file.of_part("time")
    near = [column for column in times if status is not None and "status" in column.means] or times[:1]
    if near:
        text.fields["time"] = _time(near[0])
        text.doubts += [f"{near[0].name}: {doubt}" for doubt in near[0].evidence.doubts]
        used.append(near[0])
        if len(times) > 1:
            names = ", ".join(column.name for column in times if column is not near[0])
            text.said["time"] = f"the time at which the outcome was known; there is {names} too"
    _ignore(text, file, used)
    _key(text, file)
    yield text


def _parties(file: DescribedFile, key: Column) -> Iterator[FileText]:
    """A list of parties, and what each of them uses."""
    text = _file(file, "parties")
    text.fields["id"] = _id(key)
    names = file.of_part("name", "firm")
    if names:
        text.fields["name"] = names[0].name
    kinds = next(
        (column for column in file.columns if column.evidence.values <= set(PARTY_KINDS) and column.evidence.filled),
        None,
    )
    if kinds is not None:
        text.fields["kind"] = kinds.name
    else:
        kind = "Company" if key.part == "firm_id" or (names and names[0].part == "firm") else "Person"
        text.fields["kind"] = {"constant": kind}
        text.said["kind"] = f"{kind} by the names of the columns"
    uses = [column for column in file.columns if column.part in USES and column is not key]
    uses = [column for column in uses if column.part != "address" or column.evidence.repeated]
    forbidden = [column.name for column in file.columns if is_forbidden(column.name)]
    if uses or forbidden:
        text.keys["ignore"] = [*(column.name for column in uses), *forbidden]
        if forbidden:
            text.said["ignore"] = f"{', '.join(forbidden)} may not be stored"
    plain = [column for column in file.columns if column.name not in text.keys.get("ignore", ()) and column is not key]
    for column in plain:
        if column.evidence.form == "time" and column.evidence.unit:
            text.attributes[column.name] = {"unit": _unit(column)}
        elif column.evidence.form in {"number", "percent"}:
            how = _marks(column) | ({"percent": True} if column.evidence.form == "percent" else {})
            text.attributes |= {column.name: how} if how else {}
        text.doubts += [f"{column.name}: {doubt}" for doubt in column.evidence.doubts]
    status = file.of_part("status")
    yield text
    for column in uses:
        yield _use(file, key, column)
    if status:
        yield from _outcomes(file, key, status[0])


def _use(file: DescribedFile, person: Column, thing: Column) -> FileText:
    """Who uses which phone, account, device or address."""
    text = _file(file, "relationships")
    text.keys["target_kind"] = PARTY_KIND[thing.part]
    text.fields["source"], text.fields["target"] = _id(person), _id(thing)
    text.fields["kind"] = {"constant": USES[thing.part]}
    if thing.part == "internet":
        text.said["kind"] = "an address of the internet is no home, so it has a kind of its own; or leave it out"
    if thing.part == "phone" and not thing.evidence.country:
        text.said["target"] = 'no number shows its country: set country = "DE" or another'
    if not person.evidence.unique:  # a list of parties has times of its own
        _times(file, text)
    text.keys["ignore"] = ["*"]
    return text


def _unknown(file: DescribedFile, persons: Sequence[Column]) -> Iterator[FileText]:
    """A draft for a file that shows neither links nor ids of a list."""
    text = _file(file, "parties")
    text.fields["id"] = _id(persons[0]) if persons else {"row": True}
    if not persons:
        text.said["id"] = "no column holds ids, so the position of the row is taken"
    text.doubts.append("nothing shows what this file holds: two ends of links, a list of parties, or outcomes?")
    yield text


# ---------------------------------------------------------------------------------------------- pieces


def _file(file: DescribedFile, table: str) -> FileText:
    sample = file.sample
    text = FileText(sample.path.name, table)
    if sample.is_text:
        if sample.delimiter != ",":
            text.keys["delimiter"] = sample.delimiter
        if sample.encoding != "utf-8":
            text.keys["encoding"] = sample.encoding
        if not sample.quotes:
            text.keys["quotes"] = False
            text.said["quotes"] = "with quotes that mean something, rows would run together"
        if sample.header is None:
            text.keys["columns"] = list(sample.columns)
        elif sample.header > 1:
            text.keys["header"] = sample.header
    text.doubts += sample.doubts
    return text


def _kind(file: DescribedFile, source: Column, target: Column) -> str | None:
    """The kind of the links by the file's name, the parts of the ends, and the names of all columns."""
    named = concepts(file.sample.path.stem, KINDS)
    if source.part == "account":
        return "PAYS"
    if source.part == "phone":
        return "MESSAGES" if "MESSAGES" in named else "CALLS"
    by_columns = [concepts(column.name, KINDS) for column in (source, target, *file.columns)]
    return next((kind for kind in KINDS if kind in named), None) or next(
        (kind for kind in KINDS for found in by_columns if kind in found), None
    )


def _id(column: Column) -> Any:
    """A field that holds ids, in the normal form of what they are."""
    if column.part == "phone":
        country = {"country": column.evidence.country} if column.evidence.country else {}
        return {"column": column.name, "form": "phone"} | country
    if column.evidence.form == "iban":
        return {"column": column.name, "form": "iban"}
    if column.evidence.form == "number" and any("e" in value.lower() for value in column.evidence.values):
        return {"column": column.name, "whole": True}
    return {"column": column.name, "form": "upper"} if column.upper else column.name


def _number(column: Column) -> Any:
    evidence = column.evidence
    how: dict[str, Any] = _marks(column)
    if evidence.form == "percent":
        how["percent"] = True
    if evidence.form == "duration":
        how["unit"] = "duration"
    return {"column": column.name} | how if how else column.name


def _marks(column: Column) -> dict[str, Any]:
    """The marks of numbers that are not written with a decimal point alone."""
    evidence = column.evidence
    thousands = {"thousands": evidence.thousands} if evidence.thousands else {}
    marks = {"decimal": evidence.decimal} | thousands if evidence.decimal == "," or thousands else {}
    return marks | ({"currency": True} if evidence.currency else {})


def _time(column: Column) -> Any:
    if column.evidence.form == "number":
        return {"column": column.name, "unit": "seconds"}
    return {"column": column.name, "unit": _unit(column)} if column.evidence.unit else column.name


def _unit(column: Column) -> str | list[str]:
    unit = column.evidence.unit
    return unit[0] if len(unit) == 1 else list(unit)


def _times(file: DescribedFile, text: FileText) -> list[Column]:
    """Add the times of links to a table: one point in time, or a beginning and an end; returns their columns."""
    used = []
    since, until = (next(iter(file.of_part(part)), None) for part in ("since", "until"))
    point = next(iter(file.of_part("time")), None)
    if since is not None or until is not None:
        chosen = (("first", since), ("until", until))
    else:
        chosen = (("time", point), ("", None))
    for name, column in chosen:
        if column is not None:
            text.fields[name] = _time(column)
            text.doubts += [f"{column.name}: {doubt}" for doubt in column.evidence.doubts]
            if column.evidence.form == "number":
                text.said[name] = 'numbers: of what, and since when? unit = "seconds", since = "2014-02-01"'
            used.append(column)
    return used


def _values(column: Column, vocabulary: Any) -> tuple[dict[str, str], list[str]]:
    """What each value of a column means, and the values that no list has."""
    known, doubtful = {}, []
    for value in sorted(column.evidence.values):
        found = concepts(value, vocabulary)
        meant = next((name for name in vocabulary if name in found), None)
        if meant is None:
            doubtful.append(value)
        else:
            known[value] = meant
    return known, doubtful


def _key(text: FileText, file: DescribedFile) -> None:
    """The row key, where a column has a value of its own in every row."""
    contract = next((column for column in file.of_part("contract") if column.evidence.unique), None)
    if contract is not None:
        text.keys["key"] = [contract.name]
        text.said["key"] = "every row has its own; a later row with the same one corrects it"
        if contract.name in text.keys.get("ignore", ()):
            text.keys["ignore"].remove(contract.name)


def _ignore(text: FileText, file: DescribedFile, used: Sequence[Column]) -> None:
    names = [column.name for column in file.columns if column not in used]
    if names:
        text.keys["ignore"] = names
