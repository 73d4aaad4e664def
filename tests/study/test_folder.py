"""A study's settings, which people edit by hand."""

from pathlib import Path

import pytest

from standfirst.errors import ExistsError, InputError
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
        ("[study]\ntitle = 3", r'title = 3; write it in quotes: title = "3"'),
        ("[corpus]\ncontxt = 2", r"unknown setting 'contxt' in \[corpus\]; did you mean 'context'"),
        ("[study]\nunit = 'article'", r"unknown setting 'unit' in \[study\]; known: title"),
        ("[outlet]", r"unknown setting 'outlet'; did you mean 'outlets'"),
        ("languages = ['en']", r"unknown setting 'languages'; known: study, corpus, outlets"),
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


@pytest.mark.parametrize("name", ["codebook.yaml", "annotations", "tags"])
def test_what_lies_in_the_folder_is_not_written_over(tmp_path: Path, name: str) -> None:
    """A study made where somebody's codebook or annotations lie would take them for its own."""
    if name == "codebook.yaml":
        (tmp_path / name).write_text("id: mine\n")
    else:
        (tmp_path / name).mkdir()

    with pytest.raises(ExistsError, match=f"{name}: is there already"):
        StudyFolder.create(tmp_path, "id: other\n")
    assert not (tmp_path / "study.toml").exists()
    if name == "codebook.yaml":
        assert (tmp_path / name).read_text() == "id: mine\n"


def test_a_study_is_made_around_its_codebook(tmp_path: Path) -> None:
    """Whoever has written a codebook may make the study where it lies."""
    (tmp_path / "codebook.yaml").write_text("id: mine\n")
    StudyFolder.create(tmp_path, "id: mine\n")

    assert (tmp_path / "study.toml").is_file()
