"""What notices and own reports say in words, from `texts/`, and pages to print of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final, cast

from service.wording.printed import policy_of, printed
from service.wording.reasons import Language, fill

STYLE: Final = """
body { font: 14px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1B1F24 }
h1 { font-size: 20px }
h2 { font-size: 15px; margin-top: 1.6rem; border-top: 1px solid #E2E2DA; padding-top: .6rem }
table { border-collapse: collapse; width: 100% }
td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere }
tr { break-inside: avoid }
bdi { unicode-bidi: isolate }
@media print { body { margin: 0; max-width: none } h2 { break-after: avoid } }
"""
POLICY: Final = policy_of(STYLE)


@cache
def _texts(language: Language) -> dict[str, dict[str, str]]:
    text = (files("service.rights") / "texts" / f"{language}.toml").read_text("utf-8")
    return cast(dict[str, dict[str, str]], tomllib.loads(text))


def say(document: str, code: str, language: Language, **figures: str) -> str:
    """A text of a document (`notice`, `report`) with its figures."""
    return fill(_texts(language)[document][code], figures)


def page(title: str, language: Language, sections: Sequence[tuple[str, str]]) -> str:
    """One page to print, which runs nothing and fetches nothing; sections are a heading and its HTML."""
    return printed(language, title, STYLE, f"<h1>{escape(title)}</h1>", sections)


def paragraphs(texts: Iterable[str]) -> str:
    """Texts as paragraphs."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def listing(texts: Iterable[str]) -> str:
    """Texts as a numbered list, nothing for none."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ol>{items}</ol>" if items else ""
