from pathlib import Path

import numpy as np
import pytest

from standfirst.models.encoders import registry
from standfirst.models.encoders.languages import (
    languages_of,
    languages_of_folder,
    unread,
    unread_note,
)
from standfirst.models.encoders.registry import ENCODERS, default_encoder, default_network
from standfirst.models.encoders.weights.architectures import NETWORKS
from standfirst.models.encoders.weights.published import SOURCES
from standfirst.models.labelled.languages import find_languages
from standfirst.models.training.candidates import propose

SPANISH = [
    "El gobierno confirmó las conversaciones con los sindicatos.",
    "Los jueces han rechazado el plan de la ministra.",
    "La oposición critica la nueva ley de vivienda.",
]


def test_every_encoder_says_what_it_reads() -> None:
    """Networks name their languages; encoders that count words know none."""
    for name in ENCODERS:
        known = languages_of(name)
        if name.removesuffix("-int8") in SOURCES:
            assert known is not None
            assert "en" in known
            assert all(len(code) == 2 for code in known)
        else:
            assert known is None
    assert set(NETWORKS) == set(SOURCES)


def test_a_folder_says_it_in_its_readme(tmp_path: Path) -> None:
    """A list, a code, the Norwegian that YAML takes for a no; and folders that say nothing."""
    readme = tmp_path / "README.md"
    for front, expected in (
        ("language:\n- es\n- pt\n- multilingual", ("es", "pt")),
        ("language: sw", ("sw",)),
        ("language: [no, da]", ("no", "da")),
        ("license: mit", ()),
        ("language: [", ()),
        ("- es", ()),
    ):
        readme.write_text(f"---\n{front}\n---\n# Card\n")
        assert languages_of_folder(tmp_path) == expected
    readme.write_bytes(b"\xff\xfe")
    assert languages_of_folder(tmp_path) == ()
    readme.unlink()
    assert languages_of_folder(tmp_path) == ()


def test_texts_in_other_languages_are_named() -> None:
    """With what to do: the multilingual network where it has learned them, counted words else."""
    languages = find_languages(SPANISH, np.arange(3))

    assert languages == ["es"]
    assert unread("minilm+tfidf", languages) == ("es",)
    assert "--encoder multilingual" in (unread_note("mpnet", languages) or "")
    assert "use --encoder tfidf" in (unread_note("minilm", ["sw"]) or "")
    assert unread_note("multilingual", languages) is None
    assert unread_note("tfidf", ["sw"]) is None


@pytest.mark.parametrize("ready", [{"minilm"}, {"minilm", "multilingual"}, set()])
def test_the_default_goes_by_language(ready: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """English gets MiniLM, what only the multilingual network knows gets that, the rest words."""
    monkeypatch.setattr(registry, "is_ready", lambda name="minilm": name in ready)
    english = "minilm+tfidf" if ready else "tfidf"
    spanish = "multilingual+tfidf" if "multilingual" in ready else "tfidf"

    assert default_encoder(["en", "es"]) == english
    assert default_encoder(["es"]) == spanish
    assert default_encoder(["sw"]) == "tfidf"
    assert default_encoder() == english
    assert default_network() == english.removesuffix("+tfidf")


def test_the_folds_choose_for_other_languages() -> None:
    """Counted words are always among the candidates, and English networks are not."""
    names = {candidate.encoder for candidate in propose(300, (), languages=["es"])}

    assert "tfidf" in names
    assert not any(name.startswith(("minilm", "mpnet")) for name in names)
