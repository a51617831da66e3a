# SPDX-License-Identifier: EUPL-1.2
"""The console's types of what the hub answers say what the hub's own description of its API says.

An interface of the console names its schema in its comment (`@schema DeploymentView`) and holds as many of the schema's
fields as the console uses. A field that the hub always gives is not optional there; one that may be null says so; and a
kind, a list and the words of a closed vocabulary are the same.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.town import Town

CONSOLE = Path(__file__).resolve().parents[3] / "hub/console/src"
INTERFACE = re.compile(
    r"(/\*\*(?:(?!\*/).)*?\*/\s*)?(?:export )?interface (\w+)(?: extends (\w+))? \{\n(.*?)\n\}", re.DOTALL
)
FIELD = re.compile(r"^  (\w+)(\?)?: (.+);$", re.MULTILINE)
ALIAS = re.compile(r"^export type (\w+) =\s*([^;]+);", re.MULTILINE)
ASKED = re.compile(r"\bask<(\w+)(?:\[\])?>\(")
NO_SCHEMA = {"T", "void", "TownFile"}  # any, nothing, and a file as it was given
KINDS = {"integer": "number", "object": "object"}


@dataclass(frozen=True)
class Interface:
    """One of the console: its schema, and of each field whether it is optional and its type."""

    schema: str | None
    fields: dict[str, tuple[bool, str]]


def interfaces(text: str) -> dict[str, Interface]:
    found: dict[str, Interface] = {}
    for doc, name, parent, body in INTERFACE.findall(text):
        schema = re.search(r"@schema (\w+)", doc)
        own = {field: (bool(optional), kind) for field, optional, kind in FIELD.findall(body)}
        inherited = found[parent].fields if parent in found else {}
        if schema or name not in found:
            found[name] = Interface(schema and schema[1], {**inherited, **own})
    return found


def parts(kind: str, aliases: dict[str, str]) -> set[str]:
    """The alternatives of a type of TypeScript, each a kind, a quoted word or `name[]`."""
    kind = aliases.get(kind, kind).removeprefix("readonly ")
    if kind.startswith("(") and kind.endswith(")[]"):
        return {"array"}
    if not re.search(r"[<{]", kind) and "|" in kind:
        return set().union(*(parts(one.strip(), aliases) for one in kind.split("|") if one.strip()))
    if kind.endswith("[]"):
        return {"array"}
    return {kind if kind in {"string", "number", "boolean", "null"} or kind.startswith('"') else "object"}


def described(schema: dict[str, Any]) -> set[str]:
    """The same of a schema."""
    if "anyOf" in schema:
        return set().union(*(described(one) for one in schema["anyOf"]))
    words = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if words:
        return {f'"{word}"' for word in words}
    kind = schema.get("type", "object")
    return {KINDS.get(kind, kind)}


def differences(one: Interface, schema: dict[str, Any], aliases: dict[str, str]) -> list[str]:
    wrong = []
    for field, (optional, kind) in one.fields.items():
        property_ = schema["properties"].get(field)
        if property_ is None:
            wrong.append(f"{field} is not given")
            continue
        always = field in schema.get("required", [])
        if optional and always:
            wrong.append(f"{field} is always given")
        here, there = parts(kind, aliases), described(property_)
        if optional:
            here, there = here - {"null"}, there - {"null"}
        if "string" in there:  # the console may know the words of an open text
            here = {"string" if part.startswith('"') else part for part in here}
        if here != there:
            wrong.append(f"{field} is {sorted(there)} and not {sorted(here)}")
    return wrong


async def test_the_consoles_types_are_the_hubs(town: Town) -> None:
    schemas = (await town.browser().get("/v1/openapi.json")).json()["components"]["schemas"]
    wrong: list[str] = []
    named: dict[str, Interface] = {}
    texts = [path.read_text() for path in sorted(CONSOLE.rglob("*.ts"))]
    aliases = dict(ALIAS.findall("\n".join(texts)))
    for text in texts:
        for name, one in interfaces(text).items():
            if one.schema is None:
                continue
            if name in named or one.schema in {other.schema for other in named.values()}:
                wrong.append(f"{name} ({one.schema}) is declared twice")
            named[name] = one
    for name, one in named.items():
        found = schemas.get(one.schema)
        wrong += [f"{name}: no schema {one.schema}"] if found is None else []
        wrong += [f"{name}.{what}" for what in ([] if found is None else differences(one, found, aliases))]
    wrong += [
        f"{name} is asked for and names no schema"
        for name in sorted({name for text in texts for name in ASKED.findall(text)} - set(named) - NO_SCHEMA)
    ]
    assert not wrong, "\n".join(wrong)
    assert len(named) > 30
