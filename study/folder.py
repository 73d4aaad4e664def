"""A study: one folder that holds one project, found from inside it as git finds a repository.

::

    STUDY/
    |-- study.toml          settings that people edit; its presence makes the folder a study
    |-- codebook.yaml       what is coded
    |-- codebooks/          every revision of it, as it was when it was in force
    |-- corpus/             articles and units (Parquet), rejects.jsonl
    |-- annotations/        annotations.jsonl, design.jsonl, gold.jsonl
    |-- models/             one folder a model
    |-- tags/               batch-tagged articles
    `-- .standfirst/        state of this machine: the local Label Studio, tokens
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..corpus.preparation import Preparation
from ..corpus.units.unit import KINDS
from ..errors import ExistsError, InputError, StudyError, hint
from ..files import write_text

__all__ = ["Settings", "StudyFolder"]

_TEMPLATE = """\
# Settings of this study. Every value can be changed; what is missing takes the default that is
# shown here.
[study]
title = {title}

[corpus]
unit = {unit} # sentence, window, paragraph or article: what one person judges
context = 1             # units before and after that a coder sees
size = 3                # sentences in a window,
stride = 3              # and from the start of one window to the start of the next
languages = {languages}      # others are set aside, counted, and not lost

[outlets]               # names of one outlet, such as: "The Herald" = ["Herald", "herald.com"]
"""


_MOST = 50

_KNOWN = {
    "study": ("title",),
    "corpus": ("unit", "context", "size", "stride", "languages"),
    "outlets": (),
}
"""The tables of study.toml and their settings; none where people choose the names."""

_OWN = ("codebook.yaml", "codebooks", "corpus", "annotations", "models", "tags")
"""What a study keeps under these names is its own."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What study.toml says.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.study import Study
    >>> with TemporaryDirectory() as folder:
    ...     Study.create(Path(folder) / "deals", title="Deals").folder.settings().title
    'Deals'
    """

    title: str = ""
    """One line for people."""
    preparation: Preparation = field(default_factory=Preparation)
    """How articles are made ready."""
    outlets: Mapping[str, str] = field(default_factory=dict)
    """Name of an outlet in the articles to the name by which it is counted."""


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """The folder of one project, and where things lie in it.

    `notebook.Study`, which people use, has one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst.labels import ready_codebooks
    >>> with TemporaryDirectory() as folder:
    ...     book = ready_codebooks()["stance"].read_text(encoding="utf-8")
    ...     study = StudyFolder.create(Path(folder) / "deals", book)
    ...     study.annotations.relative_to(study.root).as_posix()
    'annotations/annotations.jsonl'
    """

    root: Path
    """The folder that holds study.toml."""

    @classmethod
    def find(cls, start: Path | None = None) -> "StudyFolder":
        """Find the study that a folder lies in.

        Parameters
        ----------
        start
            The folder to look from, upwards; the current one if None.

        Raises
        ------
        StudyError
            Neither the folder nor any above it holds a study.toml.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "study.toml").is_file():
                return cls(folder)
        raise StudyError(
            start or Path.cwd(),
            "is not in a study",
            "make one with: standfirst init STUDY (or standfirst start, which asks), or name one "
            "with --study",
        )

    @classmethod
    def create(
        cls,
        root: Path,
        codebook: str,
        *,
        title: str = "",
        languages: tuple[str, ...] = ("en",),
        unit: str = "sentence",
    ) -> "StudyFolder":
        """Make a new study.

        Parameters
        ----------
        root
            Its folder; made when missing.
        codebook
            The YAML text of its codebook.
        title
            One line for people.
        languages
            ISO 639-1 codes of the languages to keep.
        unit
            What articles are cut into: sentence, window, paragraph or article.

        Raises
        ------
        ExistsError
            The folder is a study already, lies in one, or holds files where a study keeps its own.
        """
        if (root / "study.toml").exists():
            raise ExistsError(root, "is a study already", "choose another folder")
        if root.exists() and not root.is_dir():
            raise ExistsError(root, "is a file", "name a folder")
        for above in root.resolve().parents:
            if (above / "study.toml").is_file():
                problem = f"lies inside the study {above}"
                raise ExistsError(root, problem, "make it outside of other studies")
        study = cls(root)
        for name in _OWN:
            there = root / name
            if there.exists() and not (there == study.codebook_path and _says(there, codebook)):
                problem = "is there already, and a study keeps its own under that name"
                raise ExistsError(there, problem, "make the study in another folder, or rename it")
        write_text(study.codebook_path, codebook)
        write_text(study.state / ".gitignore", "*\n")
        quoted = ", ".join(_toml_string(language) for language in languages)
        settings = _TEMPLATE.format(
            title=_toml_string(title or root.name),
            unit=_toml_string(unit).ljust(16),
            languages=f"[{quoted}]",
        )
        write_text(root / "study.toml", settings)
        return study

    @property
    def codebook_path(self) -> Path:
        """The codebook."""
        return self.root / "codebook.yaml"

    @property
    def corpus(self) -> Path:
        """The folder of articles and units."""
        return self.root / "corpus"

    @property
    def annotations(self) -> Path:
        """The annotations, one JSON object a line."""
        return self.root / "annotations" / "annotations.jsonl"

    @property
    def design(self) -> Path:
        """The sampling plan, one drawn unit a line."""
        return self.root / "annotations" / "design.jsonl"

    @property
    def gold(self) -> Path:
        """The resolved answers, one unit and dimension a line."""
        return self.root / "annotations" / "gold.jsonl"

    @property
    def models(self) -> Path:
        """The folder of trained models."""
        return self.root / "models"

    @property
    def tags(self) -> Path:
        """The folder of batch-tagged articles."""
        return self.root / "tags"

    @property
    def state(self) -> Path:
        """State of this machine that no one else needs; ignored by git."""
        return self.root / ".standfirst"

    def preparation(self) -> Preparation:
        """Return how its articles were made ready, so that a model tags as people coded."""
        from ..corpus.storing.store import read_preparation

        # What was done to the corpus counts, not what its settings say by now.
        return read_preparation(self.corpus) or self.settings().preparation

    def settings(self) -> Settings:
        """Read study.toml.

        Raises
        ------
        InputError
            The file is not TOML, or a value is of the wrong kind.
        """
        path = self.root / "study.toml"
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(path, str(error), "correct the file") from error
        return _settings(path, raw)


def _settings(path: Path, raw: dict[str, Any]) -> Settings:
    _refuse_unknown(path, raw)
    study, corpus = raw.get("study", {}), raw.get("corpus", {})
    for name, table in (("study", study), ("corpus", corpus)):
        if not isinstance(table, dict):
            problem = f"{name} = {table!r}"
            raise InputError(path, problem, f"write [{name}], and its settings under it")
    default = Preparation()
    unit = corpus.get("unit", default.unit)
    if unit not in KINDS:
        raise InputError(path, f"unit = {unit!r}", f"use one of {', '.join(KINDS)}")
    numbers = {}
    for name, least in (("context", 0), ("size", 1), ("stride", 1)):
        numbers[name] = corpus.get(name, getattr(default, name))
        if type(numbers[name]) is not int or not least <= numbers[name] <= _MOST:
            problem = f"{name} = {numbers[name]!r}"
            raise InputError(path, problem, f"use a whole number from {least} to {_MOST}")
    languages = corpus.get("languages", list(default.languages))
    if not isinstance(languages, list) or not all(isinstance(code, str) for code in languages):
        raise InputError(path, f"languages = {languages!r}", 'use a list such as ["en", "fr"]')
    title = study.get("title", "")
    if not isinstance(title, str):
        raise InputError(path, f"title = {title!r}", f'write it in quotes: title = "{title}"')
    preparation = Preparation(unit=unit, languages=tuple(languages), **numbers)
    return Settings(title, preparation, _outlets(path, raw.get("outlets", {})))


def _refuse_unknown(path: Path, raw: dict[str, Any]) -> None:
    """Refuse a setting that nothing reads: a slip of the pen would leave the default in force."""
    for name, table in raw.items():
        if name not in _KNOWN:
            raise InputError(path, f"unknown setting {name!r}", hint(name, [*_KNOWN]))
        known = _KNOWN[name]
        for key in table if known and isinstance(table, dict) else ():
            if key not in known:
                raise InputError(path, f"unknown setting {key!r} in [{name}]", hint(key, known))


def _outlets(path: Path, table: Any) -> dict[str, str]:
    """Turn the table of outlets, each with its other names, round."""
    example = 'write "The Herald" = ["Herald", "herald.com"]'
    if not isinstance(table, dict):
        raise InputError(path, f"outlets = {table!r}", f"write [outlets], and under it {example}")
    names: dict[str, str] = {}
    for name, others in table.items():
        if not isinstance(others, list) or not all(isinstance(other, str) for other in others):
            raise InputError(path, f"outlets: {name} = {others!r}", example)
        for other in others:
            if other != name and (other in table or names.get(other, name) != name):
                problem = f"outlets: {other!r} has two names"
                raise InputError(path, problem, "name each spelling under one outlet")
            names[other] = name
    return names


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _toml_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
