"""What a model says of its training, in Python and in its manifest."""

from typing import Any

import pytest

from standfirst.models.about import About
from standfirst.models.bundle.record import Manifest


def test_round_trip() -> None:
    """What is written is read; what does not apply is not written."""
    student = About(n_rows=5, teacher={"encoder": "minilm", "data": "ab"}, n_pool=300)

    assert About.from_json(student.as_json()) == student
    assert "prototype" not in student.as_json()
    assert About(prototype=True).as_json()["prototype"] is True


def test_other_versions() -> None:
    """Facts of a later version are passed over; those that are missing are as they used to be."""
    about = About.from_json({"n_rows": 3, "mood": "good"})

    assert (about.n_rows, about.head, about.goal, about.grouped_by) == (
        3,
        "logistic",
        "macro-f1",
        "row",
    )


def test_manifest() -> None:
    """A manifest refuses facts of the wrong kind, and keeps those of another version."""
    known: dict[str, Any] = {
        "format": "standfirst-model",
        "format_version": 1,
        "codebook": "c",
        "codebook_revision": "r",
        "encoder": {"name": "hashed", "settings": {}, "sha256": "0" * 64},
        "dimensions": [],
        "versions": {},
        "files": {},
    }
    later = Manifest.model_validate({**known, "training": {"n_rows": 3, "mood": "good"}})

    assert later.about == About(n_rows=3)
    assert later.training["mood"] == "good"
    with pytest.raises(ValueError, match="n_rows"):
        Manifest.model_validate({**known, "training": {"n_rows": "many"}})
