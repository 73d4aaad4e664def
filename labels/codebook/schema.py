"""A codebook as JSON Schema: what one row of labelled data must look like."""

from typing import Any

from .codebook import Codebook, Dimension

__all__ = ["json_schema"]


def json_schema(codebook: Codebook) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one row: the text, and a field for each dimension.

    Fields that the codebook does not know are allowed, because rows carry ids, dates and outlets.

    Examples
    --------
    >>> from .codebook import Label
    >>> tone = Dimension("tone", "Which?", (Label("warm", "Warm"), Label("cold", "Cold")))
    >>> json_schema(Codebook("b", "Tone", "1", (tone,)))["properties"]["tone"]["enum"]
    ['warm', 'cold']
    """
    always = [d.id for d in codebook.dimensions if d.required and d.when is None]
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": codebook.title,
        "description": f"{codebook.id} {codebook.version}, revision {codebook.revision}",
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": f"The {codebook.unit}."},
            **{dimension.id: _field(dimension) for dimension in codebook.dimensions},
        },
        "required": ["text", *always],
    }
    conditions = [_condition(d) for d in codebook.dimensions if d.required and d.when is not None]
    return {**schema, "allOf": conditions} if conditions else schema


def _field(dimension: Dimension) -> dict[str, Any]:
    labels = list(dimension.label_ids)
    if dimension.choice == "single":
        return {"description": dimension.question, "enum": labels}
    field = {
        "description": dimension.question,
        "type": "array",
        "items": {"enum": labels},
        "uniqueItems": True,
        "minItems": int(dimension.required and not dimension.none),
    }
    if not dimension.alone:
        return field
    alone = [label for label in labels if label in dimension.alone]
    return {**field, "if": {"contains": {"enum": alone}}, "then": {"maxItems": 1}}


def _condition(dimension: Dimension) -> dict[str, Any]:
    if dimension.when is None:
        return {}
    asked, labels = dimension.when.dimension, list(dimension.when.labels)
    single, several = {"enum": labels}, {"type": "array", "contains": {"enum": labels}}
    return {
        "if": {"properties": {asked: {"anyOf": [single, several]}}, "required": [asked]},
        "then": {"required": [dimension.id]},
    }
