"""/docs: the description in /openapi.json as a page for people; it fetches nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

Schema = Mapping[str, Any]


def page(spec: Schema) -> str:
    """The whole page, as HTML."""
    sections = []
    for path, methods in sorted(spec["paths"].items()):
        for method, operation in methods.items():
            if method != "parameters":
                rows = [*_parameters(operation, methods.get("parameters", ())), *_body(operation, spec)]
                sections.append(_section(f"{method.upper()} {path}", operation, rows))
    return _PAGE.replace("SECTIONS", "\n".join(sections))


def _section(title: str, operation: Schema, rows: list[str]) -> str:
    text = "".join(f"<p>{escape(operation[part])}</p>" for part in ("summary", "description") if operation.get(part))
    head = "<tr><th>name</th><th>in</th><th></th><th>what</th></tr>"
    table = f"<table>{head}{''.join(rows)}</table>" if rows else ""
    return f"<h2><code>{escape(title)}</code></h2>{text}{table}"


def _parameters(operation: Schema, shared: Any) -> Iterator[str]:
    for parameter in [*shared, *operation.get("parameters", ())]:
        yield _row(parameter["name"], parameter["in"], bool(parameter.get("required")), parameter["schema"])


def _body(operation: Schema, spec: Schema) -> Iterator[str]:
    """The fields of a body, where one is sent."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = spec["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
        for name, field in schema["properties"].items():
            yield _row(name, "body", name in schema.get("required", ()), field)


def _row(name: str, where: str, required: bool, schema: Schema) -> str:
    meaning = escape(" ".join(_description(schema)))
    cells = [f"<code>{escape(name)}</code>", where, "required" if required else "", meaning]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _description(schema: Schema) -> Iterator[str]:
    """What a field means, what it may be, and what it is where nothing is sent."""
    if "description" in schema:
        yield schema["description"]
    for form in (schema, *schema.get("anyOf", ())):
        choices = form.get("enum", [form["const"]] if "const" in form else [])
        if choices:
            yield f"{'One of ' if len(choices) > 1 else ''}{', '.join(map(str, choices))}."
        if "minimum" in form and "maximum" in form:
            yield f"{form['minimum']} to {form['maximum']}."
    if schema.get("default") not in (None, ""):
        yield f"Default {schema['default']}."


POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kith: what can be asked</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
h2 { margin-top: 2rem; font-size: 1.1rem; border-top: 1px solid #ccc; padding-top: 1rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
</style></head><body>
<h1>Kith: what can be asked</h1>
<p>Send a key as <code>Authorization: Bearer KEY</code>; <code>kith keys create --role investigator</code> makes one.
Errors are problem details (RFC 9457). The whole description: <a href="/openapi.json">/openapi.json</a>.</p>
SECTIONS
</body></html>
"""
