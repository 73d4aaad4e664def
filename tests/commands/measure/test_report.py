"""`report` from the outside: its numbers, its check, and the page in a browser under attack."""

import base64
import csv
import gzip
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from standfirst.annotate.design.plan import read_design
from standfirst.corpus import load_units
from standfirst.labels import Annotation, load_codebook, read_annotations, write_annotations
from standfirst.measure.report.page import unpacked

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Page

Run = Callable[..., Any]

ATTACK = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
CODEBOOK = """
id: tones
title: Tones of ships </title><script>document.title='owned'</script>
version: "1"
unit: sentence
dimensions:
  - id: tone
    question: What is the tone?
    labels:
      - {id: warm, name: "Warm <b onclick=alert(1)>"}
      - {id: cold, name: "Cold </script>"}
      - {id: flat, name: "=Flat"}
"""
REASON = """
  - id: reason
    question: Why is it warm?
    when: {dimension: tone, labels: [warm]}
    labels:
      - {id: sun, name: Sun}
      - {id: tea, name: Tea}
"""
LABELS = ("warm", "cold", "flat")
CODERS = ("ann@desk.example", "bo@desk.example", "cem@desk.example")


def sentence(number: int, place: int) -> str:
    """Make a sentence that no other article has."""
    words = [
        f"{'bcdfghjklm'[(number * 7 + place + i) % 10]}o{number}r{place}n{i}" for i in range(4)
    ]
    return f"The {' '.join(words)} sailed."


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """Make a study whose texts attack, with three coders, gold, and cross-predicted tags."""
    folder = tmp_path_factory.mktemp("report")
    with (folder / "news.jsonl").open("w") as out:
        for number in range(60):
            text = " ".join(sentence(number, place) for place in range(6))
            title = f"Ship {number} {ATTACK if number % 10 == 0 else ''}"
            outlet = ("Harbour Post", "Valley <svg/onload=alert(1)> News")[number % 2]
            row = {"id": f"a{number}", "title": title, "text": f"{text} {ATTACK} It rained."}
            row |= {"outlet": outlet, "published": f"2026-0{1 + number % 3}-05"}
            out.write(json.dumps(row) + "\n")
    (folder / "tones.yaml").write_text(CODEBOOK)
    assert run("init", "ships", "--codebook", "tones.yaml", cwd=folder).code == 0
    root = folder / "ships"
    assert run("corpus", "add", "../news.jsonl", cwd=root).code == 0
    assert run("annotate", "sample", "120", cwd=root).code == 0
    units = list(load_units(root / "corpus"))
    rng = np.random.default_rng(8)
    p = rng.dirichlet((0.4, 0.4, 0.4), len(units))
    truth = (p.cumsum(axis=1) > rng.random((len(units), 1))).argmax(axis=1)
    drawn = {row.unit_id for row in read_design(root / "annotations" / "design.jsonl")}
    revision = load_codebook(root / "codebook.yaml").revision
    rows = []
    for number, unit in enumerate(units):
        if unit["unit_id"] not in drawn:
            continue
        for coder in CODERS[: 3 - 2 * (number % 2)]:
            chosen = rng.integers(3) if rng.random() < 0.1 else truth[number]
            made = Annotation(
                unit["unit_id"], coder, "tone", (LABELS[chosen],),
                article_id=unit["article_id"], revision=revision,
            )  # fmt: skip
            rows.append(made)
    write_annotations(root / "annotations" / "annotations.jsonl", rows)
    assert run("labels", "gold", cwd=root).code == 0
    probabilities = pa.array(p.tolist(), pa.list_(pa.float32()))
    table = pa.table(
        {
            "unit_id": [unit["unit_id"] for unit in units],
            "tone": [LABELS[k] for k in p.argmax(axis=1)],
            "tone_prob": probabilities,
            "tone_cross": probabilities,
            "tone_abstained": [False] * len(units),
        }
    )
    (root / "tags").mkdir(exist_ok=True)
    parquet.write_table(table, root / "tags" / "corpus.parquet")
    done = run("report", cwd=root)
    assert done.code == 0, done.err
    return root


def numbers(page: Path) -> Any:
    """Read the numbers that stand in a page."""
    found = re.search(r'id="numbers">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_numbers_are_those_of_the_commands(run: Run, study: Path) -> None:
    """Shares, cells, agreement and the coders are what `measure` and `annotate` print."""
    made = numbers(study / "report.html")
    shares = json.loads(run("measure", "shares", "--json", cwd=study).out)
    by_month = json.loads(run("measure", "shares", "--by", "month", "--json", cwd=study).out)
    agreed = json.loads(run("annotate", "agreement", "--json", cwd=study).out)
    compared = json.loads(run("measure", "coders", "--json", cwd=study).out)

    assert made["shares"] == shares
    assert made["cells"]["month"] == by_month["groups"]
    assert made["agreement"] == agreed["dimensions"]
    assert made["corpus"]["n_articles"] == 60
    assert made["coding"]["n_coders"] == 3
    assert made["coders"] == compared["dimensions"]


def test_scores_are_those_of_the_coded_units(study: Path) -> None:
    """The confusions add up to the gold, and their diagonal is the share of right answers."""
    made = numbers(study / "report.html")["quality"]["tone"]
    counts = np.array(made["confusion"])

    assert counts.sum() == made["n"]
    assert made["right"]["value"] == pytest.approx(counts.trace() / counts.sum(), abs=0.02)
    assert sum(one["n"] for one in made["bins"]) == 3 * made["n"]


def test_verify_finds_what_was_changed(run: Run, study: Path, tmp_path: Path) -> None:
    """A digit in a sentence, a drawing or the data, and a file of the study that is another now."""
    page = (study / "report.html").read_text()
    share = re.search(r"<p>(\d+)\.(\d) %", page)
    dot = re.search(r'<circle cx="(\d+)\.', page)
    worth = re.search(r'"worth": (\d)', page)
    assert share is not None
    assert dot is not None
    assert worth is not None
    curve = re.search(r'<polyline points="(\d)', page)
    latex = re.search(r"natbib}\nWe measured tone in (\d)", page)
    assert curve is not None
    assert latex is not None
    for found, where in (
        (share, "section headline"),
        (dot, "section shares (drawings)"),
        (curve, "section cells (drawings)"),
        (latex, "section methods"),
        (worth, "worth"),
    ):
        place = found.end(1) - 1
        digit = str((int(page[place]) + 1) % 10)
        changed = tmp_path / "changed.html"
        changed.write_text(page[:place] + digit + page[place + 1 :])
        done = run("report", "--verify", str(changed), cwd=study)
        assert done.code == 1
        assert where in done.out
    same = run("report", "--verify", "report.html", cwd=study)
    settings = study / "study.toml"
    before = settings.read_text()
    settings.write_text(before + "# a remark\n")
    other = run("report", "--verify", "report.html", cwd=study)
    settings.write_text(before)

    assert same.code == 0, same.out
    assert other.code == 1
    assert "file study.toml" in other.out


def test_a_hostile_page_is_checked_in_one_line(run: Run, study: Path, tmp_path: Path) -> None:
    """Numbers that are nested without end, and articles that unpack to far more than there are."""
    page = (study / "report.html").read_text()
    bomb = base64.b64encode(gzip.compress(bytes(30_000_000))).decode()
    path = tmp_path / "page.html"
    lines = []
    for name, content in {"numbers": "[" * 100_000, "articles": bomb}.items():
        path.write_text(re.sub(rf'(id="{name}">).*?(</script>)', rf"\g<1>{content}\2", page))
        done = run("report", "--verify", str(path), cwd=study)
        assert done.code == 1
        lines += [*done.out.splitlines(), *done.err.splitlines()]

    assert "is no report of Standfirst, or damaged" in lines[0]
    assert "articles: the page says other texts" in lines[1]
    assert len(lines) == 2


def test_a_study_that_has_only_articles(run: Run, study: Path, tmp_path: Path) -> None:
    """What is not there is named, with the command that would give it; the articles can be read."""
    assert run("init", "young", "--codebook", str(study / "codebook.yaml"), cwd=tmp_path).code == 0
    root = tmp_path / "young"
    empty = run("report", cwd=root)
    assert run("corpus", "add", str(study.parent / "news.jsonl"), cwd=root).code == 0
    done = run("report", "-o", "page.html", cwd=root)
    page = (root / "page.html").read_text()

    assert empty.code == 1
    assert "standfirst corpus add" in empty.err
    assert done.code == 0
    assert "draw: standfirst annotate sample 200" in done.err
    assert "standfirst annotate push" in page
    assert str(tmp_path) not in page
    assert "60 articles" in done.out


def test_a_file_of_another_kind_is_not_replaced(run: Run, study: Path, tmp_path: Path) -> None:
    """Somebody's page stays as it is, unless --force says otherwise; a report is replaced."""
    page = tmp_path / "mine.html"
    page.write_text("<p>my own</p>")
    refused = run("report", "-o", str(page), cwd=study)
    kept = page.read_text()
    forced = run("report", "-o", str(page), "--force", cwd=study)
    again = run("report", "-o", str(page), cwd=study)

    assert refused.code == 1
    assert "is no report" in refused.err
    assert kept == "<p>my own</p>"
    assert forced.code == again.code == 0
    assert page.read_bytes() == (study / "report.html").read_bytes()


def test_tags_that_were_named_must_be_there(run: Run, study: Path, tmp_path: Path) -> None:
    """A slip in their name is refused; a page without shares would look as if it was meant."""
    page = tmp_path / "page.html"
    done = run("report", "--tags", "tags/corpse.parquet", "-o", str(page), cwd=study)

    assert done.code == 1
    assert "tags/corpse.parquet: no such tags" in done.err
    assert done.err.count("\n") == 1
    assert not page.exists()


def test_another_model_is_one_more_choice(run: Run, study: Path, tmp_path: Path) -> None:
    """Tags by another model show the same shares again; without them the page says what to do."""
    root = tmp_path / "ships"
    shutil.copytree(study, root)
    alone = (root / "report.html").read_text()
    table = parquet.read_table(root / "tags" / "corpus.parquet")
    turned = pa.array([row[::-1] for row in table["tone_prob"].to_pylist()], pa.list_(pa.float32()))
    for name in ("tone_prob", "tone_cross"):
        table = table.set_column(table.column_names.index(name), name, turned)
    parquet.write_table(table, root / "turned.parquet")
    done = run("report", "--beside", "turned.parquet", cwd=root)
    same = run("report", "--verify", "report.html", cwd=root)
    page = root / "report.html"
    text, made = page.read_text(), numbers(page)
    variants = {one["name"]: one["labels"] for one in made["variants"]}
    page.write_text(text.replace('["turned.parquet"]', '["../turned.parquet"]'))
    outside = run("report", "--verify", "report.html", cwd=root)

    assert "--beside other.parquet" in alone
    assert done.code == same.code == 0, done.err + same.out
    assert "--beside other.parquet" not in text
    for label, reported in variants["as reported"].items():
        other = variants["tags turned"][label]
        # It knows less than nothing, so that only what people said is left.
        assert other["high"] - other["low"] > reported["high"] - reported["low"]
        assert other["low"] < reported["share"] < other["high"]
    assert ">turned.parquet</th>" in text
    assert outside.code == 1
    assert "was made with ../turned.parquet, which is not in the study" in outside.err


def test_regressions_that_were_asked_for(run: Run, study: Path, tmp_path: Path) -> None:
    """Coefficients are those of the command; a check computes the same ones; a slip is refused."""
    page, formula = tmp_path / "page.html", "warm ~ outlet + trend"
    done = run("report", "--regression", formula, "-o", str(page), cwd=study)
    made = numbers(page)["regressions"]
    expected = json.loads(run("measure", "regression", formula, "--json", cwd=study).out)
    same = run("report", "--verify", str(page), cwd=study)
    text = page.read_text()
    place = text.index('"regressions"')
    digit = re.compile(r'"value": -?0\.(\d)').search(text, place)
    assert digit is not None
    other = str((int(digit[1]) + 1) % 10)
    page.write_text(text[: digit.start(1)] + other + text[digit.end(1) :])
    changed = run("report", "--verify", str(page), cwd=study)
    slip = run("report", "--regression", "warm ~ ships", cwd=study)

    assert done.code == 0, done.err
    assert made == [expected]
    assert 'id="regression-1"' in text
    assert same.code == 0, same.out
    assert changed.code == 1
    assert "regressions.0.coefficients" in changed.out
    assert slip.code == 1
    assert "ships" in slip.err
    assert slip.err.count("\n") == 1


def test_a_question_under_a_condition(run: Run, study: Path, tmp_path: Path) -> None:
    """Where it was not asked, a unit of the page has no tag; other rules of gold know that, too."""
    root = tmp_path / "ships"
    shutil.copytree(study, root)
    book = (root / "codebook.yaml").read_text()
    (root / "codebook.yaml").write_text(book + REASON)
    table = parquet.read_table(root / "tags" / "corpus.parquet")
    even = pa.array([[0.5, 0.5]] * len(table), pa.list_(pa.float32()))
    table = table.append_column("reason", pa.array(["sun"] * len(table)))
    for name in ("reason_prob", "reason_cross"):
        table = table.append_column(name, even)
    table = table.append_column("reason_abstained", pa.array([False] * len(table)))
    parquet.write_table(table, root / "tags" / "corpus.parquet")
    revision = load_codebook(root / "codebook.yaml").revision
    before = read_annotations(root / "annotations" / "annotations.jsonl")
    rows = [replace(row, revision=revision) for row in before]
    rows += [
        replace(row, dimension="reason", labels=(("sun", "tea")[number % 2],))
        for number, row in enumerate(rows)
        if row.labels == ("warm",)
    ]
    write_annotations(root / "annotations" / "annotations.jsonl", rows)
    assert run("labels", "gold", cwd=root).code == 0
    done = run("report", cwd=root)
    page = (root / "report.html").read_text()
    packed = re.search(r'id="articles">(.*?)</script>', page, re.DOTALL)
    assert packed is not None
    units = [unit for article in json.loads(unpacked(packed[1]))["articles"] for unit in article[5]]
    made = [
        one for one in numbers(root / "report.html")["variants"] if one["dimension"] == "reason"
    ]
    labels = {one["name"]: one["labels"] for one in made}

    assert done.code == 0, done.err
    assert {unit[3][1] is None for unit in units} == {True, False}
    assert labels["gold by majority"].keys() == labels["as reported"].keys()
    assert labels["gold by majority"]["(not asked)"] == labels["as reported"]["(not asked)"]


@pytest.fixture
def opened(page: "Page", study: Path) -> "tuple[Page, list[str]]":
    """Open the report, and note whatever it says or asks for."""
    heard: list[str] = []

    def on_console(message: Any) -> None:
        heard.append(f"console: {message.text}")

    def on_request(request: Any) -> None:
        if not request.url.startswith(("file:", "blob:")):
            heard.append(f"request: {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.goto("about:blank")
    page.goto((study / "report.html").as_uri())
    page.wait_for_selector("html[data-ready=true]")
    return page, heard


@pytest.mark.browser
def test_the_page_is_quiet_and_attacks_stay_text(
    opened: "tuple[Page, list[str]]", artefacts: Path
) -> None:
    """Nothing runs, nothing is asked for, and planted markup is shown as it was written."""
    page, heard = opened
    page.locator("#f-search").fill("onerror")
    page.locator("#results button").first.click()
    reader = page.locator("#reader").inner_text()
    for name, size in {"wide": (1280, 900), "phone": (375, 800)}.items():
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(color_scheme=scheme)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size[0]
            page.screenshot(path=artefacts / f"report-{name}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")

    assert not heard
    assert page.title() == "ships"
    assert "<img src=x onerror=" in reader
    assert page.locator("main img, main script, main b").count() == 0


@pytest.mark.browser
def test_filter_search_and_links(opened: "tuple[Page, list[str]]", study: Path) -> None:
    """Filters narrow the list as the numbers say; a cell and a link lead to their sentences."""
    page, heard = opened
    made = numbers(study / "report.html")["quality"]["tone"]
    count = page.locator("#count")
    everything = count.inner_text()
    page.locator("#f-outlet").select_option("Harbour Post")
    outlet = count.inner_text()
    page.locator("#f-outlet").select_option("")
    page.locator("#f-who").select_option("people")
    coded = count.inner_text()
    page.locator("#f-who").select_option("differ")
    differ = count.inner_text()
    page.locator("#f-who").select_option("any")
    page.locator("[data-people=warm][data-model=cold]").click()
    cell = count.inner_text()
    page.locator("#f-search").fill("")
    page.locator("#f-search").fill("no such word anywhere")
    nothing = count.inner_text()
    unit = list(load_units(study / "corpus"))[40]["unit_id"]
    page.evaluate(f"location.hash = 'u={unit}'")
    page.wait_for_selector(".unit.chosen")
    chosen = page.locator(".unit.chosen").inner_text()

    counts = np.array(made["confusion"])
    assert everything.startswith("60 articles")
    assert outlet.startswith("30 articles")
    assert f" {made['n']} units" in coded
    assert f" {counts.sum() - counts.trace()} units" in differ
    assert f" {counts[0, 1]} units of the chosen cell" in cell
    assert nothing.startswith("0 articles, 0 units")
    assert chosen == list(load_units(study / "corpus"))[40]["text"]
    assert not heard


@pytest.mark.browser
def test_figures_can_be_switched_and_saved(opened: "tuple[Page, list[str]]") -> None:
    """A series is hidden by its box; tables are saved without formulas, drawings as SVG."""
    page, _ = opened
    figure = page.locator("#shares-tone")
    hidden = figure.locator(".wide g.series.count").first
    before = hidden.is_visible()
    figure.locator("[data-series=count]").uncheck()
    after = hidden.is_visible()
    figure.locator("[data-series=count]").check()
    with page.expect_download() as table:
        figure.locator("[data-save=csv]").click()
    with page.expect_download() as drawing:
        figure.locator("[data-save=svg]").click()
    rows = list(csv.reader(io.StringIO(Path(table.value.path()).read_text())))

    assert (before, after) == (True, False)
    assert rows[0][0] == "label"
    assert [row[0] for row in rows[1:]] == ["Warm <b onclick=alert(1)>", "Cold </script>", "'=Flat"]
    assert Path(drawing.value.path()).read_text().startswith("<svg ")


@pytest.mark.browser
def test_the_page_can_be_used_by_everybody(opened: "tuple[Page, list[str]]") -> None:
    """The checker axe finds no serious fault, in light and dark, before and after reading."""
    axe = pytest.importorskip("axe_playwright_python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page, _ = opened
    page.locator("#results button").first.click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(script)
        found = page.evaluate("axe.run()")["violations"]
        serious = [
            (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious
    page.emulate_media(color_scheme="light")


@pytest.mark.browser
def test_keyboard_print_and_strange_addresses(page: "Page", study: Path) -> None:
    """The focus stays where a key led it, paper has legends and tables, any address will do."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((study / "report.html").as_uri() + "#u=%E0%A4%A")
    page.wait_for_selector("html[data-ready=true]")
    page.locator("#results button").first.focus()
    page.keyboard.press("Enter")
    opened = page.evaluate("document.activeElement.className")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    second = page.evaluate(
        "[...document.querySelectorAll('.unit')].indexOf(document.activeElement)"
    )
    page.locator("#f-who").select_option("people")
    page.locator("#results button").last.focus()
    page.keyboard.press("Enter")
    last = page.evaluate("document.activeElement.closest('#reader, #results') !== null")
    page.emulate_media(media="print")
    figure = page.locator("#shares-tone")

    assert not errors
    assert "unit" in opened
    assert "chosen" in opened
    assert second == 1
    assert last
    assert figure.locator("table").is_visible()
    assert figure.locator("[role=group] svg").first.is_visible()
    assert not figure.locator("button").first.is_visible()
