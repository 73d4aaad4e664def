import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from standfirst.labels.codebook import yaml_with_lines
from standfirst.labels.codebook.yaml_with_lines import Document, read_yaml

TEXT = """\
id: no  # a word
version: 1.10
unit:
sources: &s [~, null, "null", '', "a\\tb", *s]
notes: >-
  Folded, with "quotes",
  and a second line.

  A second paragraph.
labels:
  - {id: for, name: Für, hotkey: "1"}
  - id: against
    definition: |
      Says no:
        or warns.
    examples: [it's "so", 'it''s', http://a.example/b#c]
"""
MARKS = (
    *":-\n\t \"'#[]{}&*!|>?%~,@`\r\x85\x07\xa0\ufeffé😀",
    *("- ", ": ", " #", ">#", "|2#", "---\n", "...\n", "<<: ", "\\u00e9", "\u2028"),
)


def by_pyyaml(text: str) -> Document:
    """Read a document without libyaml."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_with_lines, "_QUICK", yaml.SafeLoader)
        return read_yaml(text)


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.sampled_from(MARKS)), max_size=4))
def test_libyaml_changes_no_value_line_or_problem(damages: list[tuple[int, str]]) -> None:
    """What is read does not depend on how PyYAML was built."""
    text = TEXT.replace(", *s", "")
    for place, mark in damages:
        text = text[:place] + mark + text[place:]

    assert read_yaml(text) == by_pyyaml(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: >#b\n  c\n", id="a comment without a space"),
        pytest.param("a:\tb\n", id="a tab"),
        pytest.param("a: [b?c]\n", id="a question mark in brackets"),
        pytest.param("a: [" * 60, id="deep"),
        pytest.param(TEXT, id="refers to itself"),
        pytest.param("", id="nothing"),
    ],
)
def test_where_libyaml_is_less_strict(text: str) -> None:
    """A mistake is one with libyaml, too."""
    assert read_yaml(text) == by_pyyaml(text)
