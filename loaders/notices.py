"""What a load took although it may have been meant otherwise: sentences, each with a count and its first example."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "same_files": "{count} of these files were loaded before, with the same bytes, as source {column} ({example}): "
    "if it is the same export, undo one of the loads and name the source with --source",
    "same_rows": "about {count} of the {column} are those of {example}, from files with other bytes: "
    "if it is the same export, undo one of the loads and name the source with --source",
    "repeated_key": "{column}: {count} rows have the row key of a later row, which counts (the first: {example})",
    "both_ways": "{count} rows of symmetric kinds repeat a link in the other direction and count once "
    "(the first: {example})",
    "both_ways_differ": "{count} rows of symmetric kinds list a link in the other direction with other content, and "
    "stand beside it (the first: {example})",
    "both_ways_earlier": "{count} links of kind {column}, which is symmetric, are those of earlier loads in the other "
    "direction under other row keys, and stand beside them (the first: {example})",
    "contradicting_outcomes": "{count} outcomes contradict another one of the same party and time in these "
    "files (the first: {example}); give their times or states, or keep one",
    "repeated_states": "{count} links of kind {column} of earlier loads have the same ends as new ones with other "
    "content, and stand beside them: give the rows a key, or load a full export with --replace",
    "nothing_ended": "of {example} nothing ended, because some rows of the full export could not be read: "
    "correct the file and load it again",
    "emptied": "the full export has no {example} at all, so those of earlier loads ended: if a file was cut off, take "
    "this load back with --undo",
    "plain_number": "{column}: {count} numbers such as {example} are read with a decimal point; if the point separates "
    'thousands, set decimal = "," in the mapping',
    "rounded_number": "{column}: {count} numbers such as {example} have more digits than are stored (15 to 17), "
    "and are rounded",
    "near_1970": "{column}: {count} times lie within a year of 1970 ({example}), beside others that do not; "
    "if they mean missing, list them under missing in the mapping",
    "seconds_of_1970": "{column}: {count} times are read as seconds since 1970, such as {example}; "
    "if they count from another day or in another unit, set since and unit in the mapping",
    "kept_text": "{column}: {count} values such as {example} are kept as text, beside other texts; "
    "if they mean missing, list them under missing in the mapping",
    "missing_text": "{column}: {count} values such as {example} are read as missing, beside texts; "
    'if they are texts, set missing = [""] in the mapping',
    "look_alikes": "{count} groups of ids differ only in case, blanks, composition or zeros and are parties apart "
    "(the first: {example}); if they are one, give the field a form in the mapping",
    "other_kind": "{count} ids are used as ends of kind {column} and are parties of another kind ({example}), so both "
    "are one party here; if they are not, give the ends a prefix in the mapping",
    "unheld": "{count} accounts and phones have payments, calls or the like and nobody holds them "
    "(the first: {example}), so these tie no party to another; load who holds them, as HOLDS_ACCOUNT or USES_PHONE",
    "formula_id": "{column}: {count} ids are written as formulas or with a leading apostrophe, as spreadsheets keep "
    "zeros, and read without (the first is {example})",
    "placeholder_id": "{column}: {count} ids look like missing values (the first is {example}); "
    "if they are, list them under missing in the mapping",
    "placeholder_key": "{column}: {count} row keys look like missing values (the first is {example}), and rows that "
    "share one correct each other; if they are, list them under missing in the mapping",
    "comment_id": "{column}: {count} ids begin like a comment (the first is {example}); "
    'if they are comments, set comment = "#" in the mapping',
    "iban_check_digits": "{column}: {count} IBANs have wrong check digits (the first is {example}) and are kept",
    "unassigned_phone": "{column}: {count} phone numbers are of no known series (the first is {example}) and are kept",
    "minutes_seconds": "{column}: {count} durations such as {example} are read as minutes and seconds; "
    'if they are hours and minutes, set unit = "h:mm" in the mapping',
    "not_in_lookup": "{column}: {count} values are not in the look-up file and stay as they are "
    "(the first is {example})",
    "left_out": "left out {count} rows by the mapping's condition on {column} (the first is {example})",
    "negative_amount": "{column}: {count} amounts are negative (the first is {example}) and are kept so; "
    'if they went the other way, set negative = "reverse" in the mapping',
    "good_but_late": "{column}: {count} good outcomes are late by some days (the first by {example}) and stay good, "
    "however late; if they are not, map them to late",
    "several_currencies": "{column}: {count} amounts in several currencies ({example}) are added up as they stand; "
    "read those of one currency with where, or list it in currency in the mapping",
    "stated_again": "{count} rows state again what an earlier row states, and count once (the first: {example})",
    "other_sheets": "read the first sheet; {count} others are left out (the first is {example}): "
    "name one with sheet in a mapping",
    "comment_lines": "skipped {count} comment lines (the first is {example})",
    "repeated_header": "dropped {count} rows that repeat the header (the first is {example})",
    "value_over_lines": "{count} rows have a value that goes over several lines (the first begins at {example}); "
    "if quotes mean nothing in this file, set quotes = false in a mapping",
    "utf8_bytes": "{count} lines look like UTF-8 and are read as another encoding (the first is {example}); "
    "leave encoding out of the mapping and correct the rows that are rejected",
    "control_characters": "{count} lines hold control characters in this encoding (the first is {example}); "
    'they are letters and signs in encoding = "cp1252"',
}


class Notices:
    """The doubts of a load by file, kind of doubt and column, each with a count and its first example."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[int, str]] = {}

    def add(self, file: str, code: str, example: str, column: str = "", count: int = 1) -> None:
        """Count a doubt; the first example of it stays."""
        before, first = self._found.get((file, code, column), (0, example))
        self._found[file, code, column] = before + count, first

    def warnings(self) -> list[str]:
        """One sentence for each kind of doubt in a file, in the order in which they were met."""
        return [
            f"{file}: " + SENTENCES[code].format(count=f"{count:,}", example=example, column=column)
            for (file, code, column), (count, example) in self._found.items()
        ]
