"""The description of the API as one page to read: no scripts, nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
code, pre { font: 14px/1.45 ui-monospace, monospace; background: #f3f4f6; border-radius: 4px }
code { padding: .1em .3em } pre { padding: .8rem; overflow: auto }
details { border: 1px solid #d8dee4; border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem }
summary { cursor: pointer } .method { font-weight: 600; display: inline-block; min-width: 4.5rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3 } code, pre { background: #161b22 }
details { border-color: #30363d } a { color: #58a6ff } }
"""


def page(document: Mapping[str, Any]) -> str:
    """The OpenAPI document as HTML."""
    info = document["info"]
    body = "".join(
        [
            f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
            _text(info["description"]),
            '<p>For programs: <a href="openapi.json">openapi.json</a></p>',
            *(_tag(document, tag["name"]) for tag in document["tags"]),
            "<h2>Schemas</h2>",
            *(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
        ]
    )
    head = f'<meta charset="utf-8"><title>{escape(info["title"])} API</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _tag(document: Mapping[str, Any], tag: str) -> str:
    found = [
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]
    return f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(found)}'


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    line = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code> {escape(operation["summary"])}'
    inside = [_text(operation["description"]), _parameters(operation), _body(operation), _answers(operation)]
    return f'<details id="{escape(operation["operationId"])}"><summary>{line}</summary>{"".join(inside)}</details>'


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{one['in']}</td>"
        f"<td>{_type(one['schema'])}</td><td>{escape(one.get('description', ''))}</td></tr>"
        for one in operation["parameters"]
    ]
    return f"<h4>Parameters</h4><table>{''.join(rows)}</table>" if rows else ""


def _body(operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    kinds = [f"{escape(media)} {_type(inside.get('schema', {}))}" for media, inside in content.items()]
    return f"<h4>Body</h4><p>{', '.join(kinds)}</p>" if kinds else ""


def _answers(operation: Mapping[str, Any]) -> str:
    rows = "".join(_answer(status, answer) for status, answer in operation["responses"].items())
    return f"<h4>Answers</h4><table>{rows}</table>"


def _answer(status: str, answer: Mapping[str, Any]) -> str:
    kinds = " ".join(_type(inside.get("schema", {})) for inside in answer.get("content", {}).values())
    return f"<tr><td>{status}</td><td>{kinds}</td><td>{escape(answer['description'])}</td></tr>"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in few words; one of the document's is linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return escape(", ".join(map(str, schema["enum"])))
    return escape(str(schema.get("type", "")))


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    shown = escape(json.dumps(schema, indent=2))
    return f'<details id="schema-{escape(name)}"><summary>{escape(name)}</summary><pre>{shown}</pre></details>'


def _text(text: str) -> str:
    """Paragraphs, with what stands between backquotes as code."""
    return "".join(f"<p>{''.join(_words(paragraph))}</p>" for paragraph in text.split("\n\n"))


def _words(paragraph: str) -> Iterator[str]:
    for number, part in enumerate(paragraph.split("`")):
        yield f"<code>{escape(part)}</code>" if number % 2 else escape(part)
