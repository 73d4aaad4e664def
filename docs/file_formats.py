"""The files of a study as JSON Schema, from the classes that read them."""

import ast
import inspect
import json
import textwrap
from pathlib import Path
from typing import Any

import msgspec

from standfirst.annotate.design.plan import Drawn
from standfirst.labels import Annotation, Gold
from standfirst.labels.codebook import file as codebook_file
from standfirst.models.bundle.record import Manifest

__all__ = ["file_formats"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

INTRODUCTION = """\
# Files

Written by `make docs` from the code that reads the files. Every file is one that other tools open, so that a study can be
entered and left at any stage.

| file | what | schema |
|---|---|---|
| `codebook.yaml` | what is coded; see [the codebook's file](codebook.md#the-codebooks-file) | [codebook](schemas/codebook.json) |
| `corpus/` | articles and units, Parquet; see [Articles and units](corpus.md) | |
| `annotations/design.jsonl` | one line a drawn unit | [design](schemas/design.json) |
| `annotations/annotations.jsonl` | one line a coder's answer on a unit and dimension | [annotations](schemas/annotations.json) |
| `annotations/gold.jsonl` | one line a resolved answer | [gold](schemas/gold.json) |
| `annotations/language_models/` | what language models answered; see [the how-to](../howto/language-models.md) | |
| `models/NAME/manifest.json` | what a model is and rests on | [manifest](schemas/manifest.json) |
| `tags/` | one row a tagged unit, Parquet, JSON Lines or CSV; see [Tagging](tagging.md) | [tags](schemas/tags.json) |
| `rejects.jsonl` | what could not be read: file, record, reason, raw text | |

The schemas are JSON Schema (2020-12) of one line or row. `standfirst labels schema` prints that of labelled data for the study's own
codebook.
"""

TAGS: dict[str, Any] = {
    "title": "Tag",
    "description": "One tagged unit. NAME is a dimension of the model's codebook.",
    "type": "object",
    "properties": {
        "unit_id": {"type": "string", "description": "The unit."},
        "article_id": {"type": "string", "description": "Its article."},
        "start": {"type": "integer", "description": "Where it begins in the article's text."},
        "end": {"type": "integer", "description": "Where it ends in the article's text."},
        "text": {"type": "string", "description": "The unit's text; left out with --no-text."},
        "stage": {
            "type": "string",
            "description": "Encoder of the stage that answered; with tag --cascade only.",
        },
        "model_version": {
            "type": "string",
            "description": "Digest of the model; with --cascade, + and that of its students.",
        },
    },
    "required": ["unit_id", "article_id"],
    "patternProperties": {
        "_prob$": {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "NAME_prob: probabilities of the labels, in the codebook's order.",
        },
        "_confidence$": {
            "type": ["number", "null"],
            "description": "NAME_confidence: how probable the answer is.",
        },
        "_abstained$": {
            "type": "boolean",
            "description": "NAME_abstained: whether no answer was sure enough.",
        },
        "_cross$": {
            "type": ["array", "null"],
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "NAME_cross: probabilities by heads that did not learn from the unit.",
        },
    },
    "additionalProperties": {
        "type": ["string", "array", "null"],
        "items": {"type": "string"},
        "description": "NAME: the label, or a list of labels in multiple choice.",
    },
}


def file_formats() -> dict[Path, str]:
    """Give the page and the schemas, by their paths below `docs`."""
    rows = {"design": Drawn, "annotations": Annotation, "gold": Gold}
    schemas = {name: row_schema(row_type) for name, row_type in rows.items()}
    tables = [
        f"## {name}.jsonl\n\n| field | type | what |\n|---|---|---|\n"
        + "".join(
            f"| `{key}` | {kind(value)} | {value.get('description', '')} |\n"
            for key, value in schemas[name]["properties"].items()
        )
        for name in rows
    ]
    schemas["codebook"] = codebook_file._Codebook.model_json_schema()  # noqa: SLF001 - read only
    schemas["manifest"] = Manifest.model_json_schema()
    schemas["tags"] = TAGS
    page = "\n".join((INTRODUCTION, *tables))
    return {Path("reference/files.md"): page} | {
        Path(f"reference/schemas/{name}.json"): json.dumps({"$schema": DIALECT, **schema}, indent=2)
        + "\n"
        for name, schema in sorted(schemas.items())
    }


def row_schema(row_type: type) -> dict[str, Any]:
    """Give the schema of a dataclass, with its fields' documentation."""
    _, defined = msgspec.json.schema_components([row_type])
    schema: dict[str, Any] = defined[row_type.__name__]
    schema["description"] = str(row_type.__doc__).partition("\n")[0]
    for name, text in field_documentation(row_type).items():
        schema["properties"][name]["description"] = text
    return schema


def field_documentation(row_type: type) -> dict[str, str]:
    """Read the lines that stand below the fields of a dataclass."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(row_type))).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(str(line.value.value).split())
        for field, line in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
    }


def kind(schema: dict[str, Any]) -> str:
    """Name the type of a field for people."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "prefixItems" in schema:
        return f"({', '.join(kind(one) for one in schema['prefixItems'])})"
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    return str(schema.get("type", "any"))
