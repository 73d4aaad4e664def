import dataclasses
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped, unused-ignore]
import pytest

from standfirst.labels import (
    Codebook,
    Condition,
    Dimension,
    Label,
    guide_html,
    guide_markdown,
    json_schema,
    load_codebook,
    ready_codebooks,
)


@pytest.mark.browser
def test_the_guide_opens_in_a_browser(tmp_path: Path, page: Any, artefacts: Path) -> None:
    """All questions, labels and hotkeys are seen; nothing is fetched, no script runs."""
    book = load_codebook(ready_codebooks()["transfer-deals"])
    first = book.dimensions[0]
    nasty = dataclasses.replace(first.labels[0], definition="<script>document.title='run'</script>")
    first = dataclasses.replace(first, labels=(nasty, *first.labels[1:]))
    book = dataclasses.replace(book, dimensions=(first, *book.dimensions[1:]))
    path = tmp_path / "guide.html"
    path.write_text(guide_html(book), encoding="utf-8")
    tab = page.context.browser.new_page(viewport={"width": 1280, "height": 800})
    fetched: list[str] = []
    tab.on("request", lambda request: fetched.append(request.url))
    tab.goto(path.as_uri())
    seen = tab.inner_text("body")
    keys = tab.locator("kbd").all_inner_texts()
    title = tab.title()
    wide = tab.evaluate("document.documentElement.scrollWidth")
    tab.screenshot(path=artefacts / "guide.png", full_page=True)
    tab.close()

    assert title == book.title
    assert all(d.question in seen for d in book.dimensions)
    assert all(label.name in seen for d in book.dimensions for label in d.labels)
    assert keys == [label.hotkey for d in book.dimensions for label in d.labels]
    assert fetched == [path.as_uri()]
    assert wide <= 1280


def test_markdown_says_the_same() -> None:
    """Every label stands in the Markdown with its key."""
    book = load_codebook(ready_codebooks()["transfer-deals"])
    text = guide_markdown(book)

    assert all(f"key `{x.hotkey}`" in text for d in book.dimensions for x in d.labels)


def test_schema_tells_good_rows_from_bad() -> None:
    """A labelled row passes; an unknown label, a missing dimension and a bare string do not."""
    book = load_codebook(ready_codebooks()["transfer-deals"])
    schema = json_schema(book)
    good = {
        "text": "A sentence.",
        "stance": "legal_check",
        "position": "neither",
        "speaker": "legal",
        "framing": ["legality"],
    }
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(good, schema)
    wrong: list[dict[str, object]] = [{"stance": "court"}, {"framing": "legality"}, {"framing": []}]
    for bad in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**good, **bad}, schema)


def test_guides_tell_that_names_are_taken() -> None:
    """Where the codebook asks for the speaker's name, both guides say so, and else neither."""
    book = load_codebook(ready_codebooks()["stance"])
    asked = dataclasses.replace(book, speaker_name=True)

    for guide in (guide_html, guide_markdown):
        assert "the name of whoever speaks" in guide(asked)
        assert "the name of whoever speaks" not in guide(book)


def test_texts_of_a_codebook_are_inert_in_markdown() -> None:
    """No HTML, link, heading or code of a codebook becomes markup of the guide."""
    evil = "<img src=x onerror=a()> `<b>` [x](javascript:a()) &lt;"
    label = Label("a`<i>`", evil, evil, include=("# heading", "- item"), hotkey="1")
    asked = Dimension("d", evil, (label, Label("b", "B")), "multiple", help=evil, target=evil)
    later = Dimension("e", "?", (Label("c", "C"),), "multiple", when=Condition("d", ("a`<i>`",)))
    lines = guide_markdown(Codebook("id", evil, evil, (asked, later), sources=(evil,)))
    outside = re.sub(r"(?<!`)(`+)(?!`).*?[^`]\1(?!`)", "", re.sub(r"\\.", "", lines))

    assert not re.search(r"[<\[&]", outside)
    assert "- \\# heading" in lines
