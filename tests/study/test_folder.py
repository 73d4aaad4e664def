"""A study's settings, which people edit by hand."""

from pathlib import Path

import pytest

from standfirst.errors import InputError
from standfirst.study.folder import StudyFolder


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study = 3", r"study = 3; write \[study\], and its settings under it"),
        ("corpus = 'row'", r"corpus = 'row'; write \[corpus\], and its settings under it"),
        ("outlets = 3", r"outlets = 3; write \[outlets\], and under it"),
        (
            "[corpus]\nunit = 'word'",
            "unit = 'word'; use one of sentence, window, paragraph, article",
        ),
        ("[corpus]\ncontext = -1", "context = -1; use a whole number from 0 to 50"),
        ("[corpus]\nsize = '3'", "size = '3'; use a whole number from 1 to 50"),
        ("[corpus]\nstride = true", "stride = True; use a whole number from 1 to 50"),
        ("[corpus]\nlanguages = 'en'", r'languages = \'en\'; use a list such as \["en", "fr"\]'),
        ("[corpus]\nlanguages = [1]", r"languages = \[1\]; use a list such as"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, text: str, message: str) -> None:
    """The message names the file, the setting, its value and what to write instead."""
    (tmp_path / "study.toml").write_text(text)

    with pytest.raises(InputError, match=f"study.toml: {message}"):
        StudyFolder(tmp_path).settings()


def test_what_is_left_out_takes_its_default(tmp_path: Path) -> None:
    """An empty file of settings is one."""
    (tmp_path / "study.toml").write_text("")
    made = StudyFolder(tmp_path).settings()

    assert (made.title, made.outlets) == ("", {})
    assert made.preparation.unit == "sentence"
