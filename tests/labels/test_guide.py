import dataclasses
from pathlib import Path

import jsonschema  # type: ignore[import-untyped, unused-ignore]
import pytest

from standfirst.labels import (
    guide_html,
    guide_markdown,
    json_schema,
    load_codebook,
    ready_codebooks,
)

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium")
def test_the_guide_opens_in_a_browser(tmp_path: Path) -> None:
    """All questions, labels and hotkeys are seen; nothing is fetched, no script runs."""
    sync_api = pytest.importorskip("playwright.sync_api")
    book = load_codebook(ready_codebooks()["transfer-deals"])
    first = book.dimensions[0]
    nasty = dataclasses.replace(first.labels[0], definition="<script>document.title='run'</script>")
    first = dataclasses.replace(first, labels=(nasty, *first.labels[1:]))
    book = dataclasses.replace(book, dimensions=(first, *book.dimensions[1:]))
    path = tmp_path / "guide.html"
    path.write_text(guide_html(book), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 900, "height": 1200})
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(path.as_uri())
        seen = page.inner_text("body")
        keys = page.locator("kbd").all_inner_texts()
        title = page.title()
        wide = page.evaluate("document.documentElement.scrollWidth")
        browser.close()

    assert title == book.title
    assert all(d.question in seen for d in book.dimensions)
    assert all(label.name in seen for d in book.dimensions for label in d.labels)
    assert keys == [label.hotkey for d in book.dimensions for label in d.labels]
    assert fetched == [path.as_uri()]
    assert wide <= 900


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
