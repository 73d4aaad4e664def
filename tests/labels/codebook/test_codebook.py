import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.page.checks import config_problems
from standfirst.annotate.page.config import labeling_config
from standfirst.errors import CodebookError, InputError, MissingFileError
from standfirst.labels import (
    HOTKEYS,
    Codebook,
    Dimension,
    Label,
    advise,
    dump_codebook,
    infer_codebook,
    load_codebook,
    parse_codebook,
    ready_codebooks,
)

WRONG = """\
id: wrong
title: Wrong
version: 1.0
colr: red
dimensions:
- id: stance
  question: Which?
  choice: sngle
  labels:
  - {id: for, hotkey: u}
  - name: no id
"""

AT_ODDS = """\
id: odd
title: Odd
version: 1
dimensions:
- id: stance
  question: Which?
  labels:
  - {id: for, hotkey: "1"}
  - {id: for, hotkey: "1"}
  - {id: against, parent: nobody, hotkey: u}
- id: why
  question: Why?
  when: {dimension: stance, labels: [agains]}
  labels:
  - {id: a, parent: b}
  - {id: b, parent: a}
"""


@pytest.mark.parametrize("name", sorted(ready_codebooks()))
def test_ready_codebooks_are_sound_and_come_back(name: str) -> None:
    """Each loads, defines every label, cites sources and round-trips."""
    book = load_codebook(ready_codebooks()[name])

    assert book.id == name
    assert book.sources
    assert not [line for line in advise(book) if "no definition" in line]
    assert parse_codebook(dump_codebook(book), "-") == book


def test_all_problems_are_told_with_line_field_and_remedy() -> None:
    """One pass names every wrong field, in the order of the lines."""
    with pytest.raises(CodebookError) as caught:
        parse_codebook(WRONG, "codebook.yaml")

    assert [message.split(": ")[:2] for message in caught.value.problems] == [
        ["codebook.yaml:4", "colr"],
        ["codebook.yaml:8", "dimensions[0].choice"],
        ["codebook.yaml:11", "dimensions[0].labels[1].id"],
    ]
    assert caught.value.problems[1].endswith("use 'single' or 'multiple'")


def test_fields_that_do_not_fit_together_are_reported() -> None:
    """Ids twice, hotkeys in conflict or reserved, parents, circles and conditions are refused."""
    with pytest.raises(CodebookError) as caught:
        parse_codebook(AT_ODDS, "c.yaml")

    message = "\n".join(caught.value.problems)
    assert "c.yaml:9: dimensions[0].labels[1].id: 'for' is the id of labels[0] too" in message
    assert "c.yaml:9: dimensions[0].labels[1].hotkey: '1' is the key of stance.for too" in message
    assert "c.yaml:10: dimensions[0].labels[2].parent: 'nobody' is not a label of stance" in message
    assert "'u' is a key of Label Studio's editor" in message
    assert "'agains' is not a label of stance; known: for, against" in message
    assert message.count("is its own ancestor") == 2


@pytest.mark.parametrize(
    "text", ["", "- a", "id: [", "id: &a [*a]", "id: x\nid: y\n", "dimensions: 3", "\x00"]
)
def test_what_is_no_codebook_is_refused(text: str) -> None:
    """Empty, broken, endless and doubled YAML gives problems, not a traceback."""
    with pytest.raises(CodebookError, match=r"^c:\d+: "):
        parse_codebook(text, "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: x\ntitle: " + "{a: " * 300 + "b" + "}" * 300, "nested too deeply"),
        ("id: x\ntitle: " + "[" * 3_000, "nested too deeply"),
        (
            "a0: &a0 [x, x]\n"
            + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)),
            "more than 200000 values",
        ),
        (
            "- &a0 [x, x]\n"
            + "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 12))
            + "- ? *a11\n  : 1\n",
            "the name of a field is a list",
        ),
    ],
)
def test_documents_that_blow_up_are_refused_in_one_line(text: str, message: str) -> None:
    """Depth, aliases of aliases, and aliases as names cost neither time nor memory."""
    with pytest.raises(CodebookError, match=message) as raised:
        parse_codebook(text, "c")

    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../../OUTSIDE"),
        ("id", "/etc/x"),
        ("id", "a/b"),
        ("dimensions[0].id", "../d"),
        ("dimensions[0].id", "=HYPERLINK(1)"),
        ("dimensions[0].labels[0].id", "../l"),
        ("dimensions[0].labels[0].id", "\\u202ea"),
        ("dimensions[0].labels[0].name", "Bell \\a"),
        ("dimensions[0].labels[0].name", "turned \\u202e round"),
    ],
)
def test_ids_are_plain_names_and_names_are_printed(field: str, value: str) -> None:
    """No id leads out of a folder or is a formula, and no label holds what cannot be seen."""
    given = {"id": "b", "dimensions[0].id": "d", "dimensions[0].labels[0].id": "l"} | {field: value}
    ids = [given[name] for name in ("id", "dimensions[0].id", "dimensions[0].labels[0].id")]
    name = given.get("dimensions[0].labels[0].name", "Name")
    text = (
        f'id: "{ids[0]}"\ntitle: t\nversion: 1\ndimensions:\n- id: "{ids[1]}"\n  question: q\n'
        f'  labels: [{{id: "{ids[2]}", name: "{name}"}}, {{id: other}}]'
    )

    with pytest.raises(CodebookError, match=r"is not allowed") as raised:
        parse_codebook(text, "c")
    assert f" {field}: " in str(raised.value)


def test_stated_and_dealt_hotkeys_never_collide() -> None:
    """Keys that one question states are not dealt out to the next."""
    book = parse_codebook(
        "id: b\ntitle: t\nversion: 1\ndimensions:\n- {id: d, question: q, "
        'labels: [{id: w, hotkey: "1"}, {id: x, hotkey: "3"}]}\n'
        "- {id: e, question: q, labels: [{id: y}, {id: z}]}",
        "-",
    )

    assert [x.hotkey for d in book.dimensions for x in d.labels] == ["1", "3", "2", "4"]
    assert config_problems(labeling_config(book), book) == []


def test_missing_file(tmp_path: Path) -> None:
    """A codebook that is not there is said to be not there."""
    with pytest.raises(MissingFileError, match=r"none\.yaml: no such file"):
        load_codebook(tmp_path / "none.yaml")


def test_yaml_words_stay_words() -> None:
    """`no` is a label, not false; 1.10 is a version, not 1.1."""
    book = parse_codebook(
        "id: b\ntitle: t\nversion: 1.10\ndimensions:\n- {id: d, question: q, "
        "labels: [{id: no}, {id: yes}]}",
        "-",
    )

    assert book.version == "1.10"
    assert book.dimensions[0].label_ids == ("no", "yes")


def test_revision_follows_meaning_only() -> None:
    """Colours, keys, titles, examples and line breaks change nothing; a definition does."""
    book = load_codebook(ready_codebooks()["stance"])
    first = book.dimensions[0].labels[0]

    def with_first(**changes: object) -> Codebook:
        label = dataclasses.replace(first, **changes)  # type: ignore[arg-type]
        dimension = dataclasses.replace(
            book.dimensions[0], labels=(label, *book.dimensions[0].labels[1:])
        )
        return dataclasses.replace(book, dimensions=(dimension,))

    same = with_first(colour="#000000", hotkey="9", examples=(), definition=first.definition + "\n")
    assert same.revision == book.revision
    assert with_first(definition="Something else.").revision != book.revision
    assert with_first(exclude=()).revision != book.revision


@given(st.integers(2, 60))
def test_hotkeys_are_dealt_out_once(n: int) -> None:
    """No key is given twice, none is reserved, and labels beyond the last key have none."""
    labels = ", ".join(f"{{id: l{i}}}" for i in range(n))
    book = parse_codebook(
        f"id: b\ntitle: t\nversion: 1\ndimensions:\n- {{id: d, question: q, labels: [{labels}]}}",
        "-",
    )

    keys = [label.hotkey for label in book.dimensions[0].labels if label.hotkey]
    assert len(keys) == len(set(keys)) == min(n, len(HOTKEYS))
    assert set(keys) <= set(HOTKEYS)


def test_inferred_codebook_survives_a_file() -> None:
    """Labels as data have them, capitals and hyphens included, come back from YAML."""
    book = infer_codebook({"bias": [("Non-biased",), ("biased",)]}, multiple=())

    assert parse_codebook(dump_codebook(book), "-") == book


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            [("yes",), ()],
            "column bias: only the label 'yes' occurs; provide rows with at least two",
        ),
        ([(), ()], "column bias: no label at all occurs; provide rows with at least two labels"),
        (
            [("no",), ("no", "yes")],
            r"a row has 2 labels \(no, yes\); declare the dimension as mult",
        ),
    ],
)
def test_answers_that_make_no_codebook(answers: list[tuple[str, ...]], message: str) -> None:
    """The column is named, and what is to be done."""
    with pytest.raises(InputError, match=message):
        infer_codebook({"bias": answers}, multiple=())


def test_advice_names_what_makes_coding_harder() -> None:
    """A label without definition or with an awkward id loads, and is named."""
    labels = (Label("Non-biased", "Not"), Label("biased", "Biased", "It is."))
    book = Codebook("b", "t", "1", (Dimension("bias", "?", labels),))

    assert any("bias.Non-biased: no definition" in line for line in advise(book))
