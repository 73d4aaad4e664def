"""Downloads of databases whose lines are damaged: no two articles become one without a word."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from standfirst.corpus import Article, Reject, read_articles
from standfirst.corpus.reading.databases.download import head_within
from standfirst.corpus.reading.fields import Fields
from standfirst.corpus.reading.read import READERS

OLDER = """\
                               {n} of 3 DOCUMENTS


                                  The Post

                      May {n}, 2023 Tuesday
                              FIRST EDITION

Talks resume

BYLINE: Ana Ruiz

SECTION: NEWS; Pg. 7A

LENGTH: 45 words

{body}

Copyright law came next, said the minister on May 2, 2023.

LOAD-DATE: May {n}, 2023

LANGUAGE: ENGLISH

                    Copyright 2023 The Post
                        All Rights Reserved

"""
NEWER = """\
Talks resume
The Post
May {n}, 2023 Tuesday

Copyright 2023 The Post All Rights Reserved

Section: NEWS; Pg. 7
Length: 45 words
Byline: Ana Ruiz

Body

{body}

Nobody left.

Load-Date: May {n}, 2023

End of Document

"""
PROQUEST = """\
____________________________________________________________

Title: Talks resume

Author: Ruiz, Ana

Publication title: The Post; London

Publication date: May {n}, 2023

Full text: {body}

Note: nobody left.

Subject: Talks; Money

ProQuest document ID: 28{n}

Document URL: http://x.org/{n}

"""
CODED = """\
SE{s}News
HD{s}Talks resume
BY{s}Ana Ruiz
WC{s}12 words
PD{s}2 May 2023
SN{s}The Post
SC{s}POST
LA{s}English
CY{s}Copyright 2023. All rights reserved.
LP{s}They talk about money.

IN short, nobody left.
TD{s}RE the minister: she stayed.

The end of it.
NS{s}gpol : Domestic Politics | gcat : Political/General News
AN{s}Document {number}
"""
DISPLAY = """\
Talks resume
Ana Ruiz
12 words
2 May 2023
08:05
The Post
POST
English
Copyright 2023. All rights reserved.

They talk about money.

IN short, nobody left.

RE the minister: she stayed.

The end of it.

Document {number}
"""
BODY = "They talk about money.\n\nIN short, nobody left.\n\nRE the minister: she stayed.\n\n"
BODIES = ("They talk about money.", "The court ruled in May.", "Nine boats came ashore.")
NUMBERS = [f"POST00002023050{n}ej520000{n}" for n in (1, 2, 3)]


def coded_page(number: str) -> str:
    rows = "".join(
        f"<tr><td class='index'><b>{code}</b>&nbsp;</td><td>{value}</td></tr>"
        for code, value in (
            *(("HD", "<span class='enHeadline'>Talks resume</span>"), ("BY", "Ana Ruiz")),
            *(("PD", "2 May 2023"), ("SN", "The Post"), ("LA", "English")),
            ("LP", "<p>They talk about money.</p><p>IN short, nobody left.</p>"),
            ("TD", "<p>RE the minister: she stayed.</p><p>The end of it.</p>"),
            ("AN", f"Document {number}"),
        )
    )
    return f"<div class='article enArticle'><p></p><table>{rows}</table></div>"


def display_page(number: str) -> str:
    head, *body = DISPLAY.format(number=number).strip().split("\n\n")
    divs = "".join(f"<div>{line}</div>" for line in head.split("\n"))
    paragraphs = "".join(f"<p class='articleParagraph'>{one}</p>" for one in body[:-1])
    return f"<div class='article enArticle'>{divs}{paragraphs}<p>{body[-1]}</p></div>"


def as_page(form: str, *, ruler: bool = False) -> str:
    """Write a text as HTML, a paragraph for each of its lines."""
    lines = (line for line in form.split("\n") if line.strip())
    return "".join("<hr>\n" if ruler and line[0] == "_" else f"<p>{line}</p>\n" for line in lines)


def factiva(template: str, n: int) -> str:
    text = template.format(s="\n", number=NUMBERS[n - 1])
    return text.replace("They talk about money.", BODIES[n - 1])


def lines_of(page: str, n: int) -> str:
    text = page.replace("They talk about money.", BODIES[n - 1])
    return text.replace("><", ">\n<") + "\n"


FORMS = {
    "older.txt": lambda n: OLDER.format(n=n, body=BODIES[n - 1]),
    "newer.txt": lambda n: NEWER.format(n=n, body=BODIES[n - 1]),
    "proquest.txt": lambda n: PROQUEST.format(n=n, body=BODIES[n - 1]),
    "coded.txt": lambda n: factiva(CODED, n),
    "display.txt": lambda n: factiva(DISPLAY, n),
    "older.html": lambda n: as_page(OLDER.format(n=n, body=BODIES[n - 1])),
    "newer.html": lambda n: as_page(NEWER.format(n=n, body=BODIES[n - 1])),
    "proquest.html": lambda n: as_page(PROQUEST.format(n=n, body=BODIES[n - 1]), ruler=True),
    "coded.html": lambda n: lines_of(coded_page(NUMBERS[n - 1]), n),
    "display.html": lambda n: lines_of(display_page(NUMBERS[n - 1]), n),
}


def written(name: str) -> str:
    content = "".join(map(FORMS[name], (1, 2, 3)))
    return f"<html><body>\n{content}</body></html>" if name.endswith("html") else content


def read(name: str, content: str) -> tuple[list[Article], list[Reject]]:
    suffix = f".{name.split('.')[1]}"
    records = [*READERS[suffix](io.BytesIO(content.encode()), name, Fields())]
    return (
        [record for record in records if isinstance(record, Article)],
        [record for record in records if isinstance(record, Reject)],
    )


def damaged(content: str) -> Iterator[str]:
    """Take out each line, change letters in it, and join it with the next."""
    lines = content.split("\n")
    for k, line in enumerate(lines):
        if not line.strip() or any(body in line for body in BODIES):
            continue
        middle = len(line.rstrip()) - len(line.strip()) // 2 - 1
        for new in (
            [],
            [f"{line[:middle]}#{line[middle + 1 :]}"],
            [f"{line}{''.join(lines[k + 1 : k + 2])}"],
        ):
            behind = lines[k + 2 :] if new and new[0].startswith(line) else lines[k + 1 :]
            yield "\n".join([*lines[:k], *new, *behind])


@pytest.mark.parametrize("name", FORMS)
def test_a_sound_download(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each article is one, and nothing is said against it."""
    (tmp_path / name).write_text(written(name))
    records = [*read_articles([str(tmp_path / name)])]
    articles = [record for record in records if isinstance(record, Article)]

    assert len(articles) == len(records) == len(BODIES)
    for article, body in zip(articles, BODIES, strict=True):
        assert article.text.startswith(body)
        assert (article.title, article.published[:7]) == ("Talks resume", "2023-05")
        assert article.outlet.startswith("The Post")
    assert caplog.text == ""


def test_the_numbers_do_not_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A number that is missing, and an article longer than its head says, are named."""
    parts = [OLDER.format(n=n, body=BODIES[n - 1]) for n in (1, 3)]
    long = parts[1].replace("LOAD-DATE", f"{'They stayed. ' * 99}\n\nLOAD-DATE")
    (tmp_path / "a.txt").write_text(parts[0] + long)
    records = [*read_articles([str(tmp_path / "a.txt")])]

    assert all(isinstance(record, Article) for record in records)
    assert "a.txt: number 2 of 3 is not there" in caplog.text
    assert "a.txt: article 2 has 202 words and states 45" in caplog.text


def test_without_any_line_between() -> None:
    """A download that is not known for one, since no line is as it should be, is one reject."""
    for name, line in (("older.txt", "DOCUMENTS"), ("newer.txt", "End of"), ("proquest.txt", "__")):
        articles, rejects = read(name, written(name).replace(line, ""))

        assert articles == []
        assert [one.reason[:19] for one in rejects] == ["two articles in one"]


@pytest.mark.parametrize("name", FORMS)
def test_no_line_joins_two_articles(name: str) -> None:
    """Whichever line is damaged: each text stands alone in its article, or in a reject."""
    for content in damaged(written(name)):
        articles, rejects = read(name, content)
        for body in BODIES:
            held = [one.text for one in articles if body in one.text]
            refused = [one for one in rejects if body in one.raw.replace("\\n", "\n")]

            assert held or refused, content
            assert len(held) <= 1, content
        for article in articles:
            assert sum(body in article.text for body in BODIES) <= 1, content


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_two_lines_lose_no_text(name: str) -> None:
    """Two damages, wherever they are: each text that stands in the file is held once or refused."""
    step = 1 if name.endswith(".txt") else 4
    for once in [*damaged(written(name))][:: 11 * step]:
        for content in [*damaged(once)][::9]:
            articles, rejects = read(name, content)
            for body in filter(content.__contains__, BODIES):
                held = [one for one in articles if body in one.text]
                refused = [one for one in rejects if body in one.raw.replace("\\n", "\n")]

                assert len(held) == 1 or (refused and not held), content
            for article in articles:
                assert sum(body in article.text for body in BODIES) <= 1, content


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("newer.txt", ("May 3, 2023 Tuesday", "Body")),
        ("newer.txt", ("End of Document", "Body")),
        ("display.txt", ("12 words", "Document " + NUMBERS[2])),
        ("older.txt", ("LENGTH: 45 words\n",)),
        ("display.txt", ("reserved.\n\n",)),
        ("coded.html", ("<b>LP</b>", "<b>AN</b>")),
    ],
)
def test_a_text_whose_head_is_damaged_is_refused_with_the_text(
    name: str, gone: tuple[str, ...]
) -> None:
    """As it was, in the reject, if it is not an article's."""
    content = written(name)
    for line in gone:
        at = content.rindex(line) if line != "End of Document" else content.index(line)
        content = content[:at] + line.rstrip("\n") * line.endswith("\n") + content[at + len(line) :]
    articles, rejects = read(name, content)

    for body in BODIES:
        held = [one for one in articles if body in one.text]
        assert held or any(body in one.raw.replace("\\n", "\n") for one in rejects), content


@pytest.mark.parametrize("name", [name for name in FORMS if name.endswith(".txt")])
def test_a_part_that_was_written_over(name: str) -> None:
    """The end of an article and the head of the next are gone: neither is an article."""
    content = written(name)
    start, end = content.index(BODIES[0]) + len(BODIES[0]), content.index(BODIES[1])
    articles, rejects = read(name, content[:start] + 20_000 * "9" + content[end:])

    assert len(articles) == 1
    assert [one.reason for one in rejects if BODIES[0] in one.raw.replace("\\n", "\n")]


FACTIVA_NUMBERS = ("POST000020230502ej5200001", "TIMS000020230503ej530000b")
FACTIVA = {
    "own_lines.txt": lambda n: CODED.format(s="\n", number=n),
    "spaces.txt": lambda n: CODED.format(s="  ", number=n),
    "tabs.txt": lambda n: CODED.format(s="\t", number=n),
    "bars.txt": lambda n: CODED.format(s="|", number=n),
    "display.txt": lambda n: DISPLAY.format(number=n),
    "coded.html": coded_page,
    "display.html": display_page,
}


@pytest.mark.parametrize("name", FACTIVA)
def test_a_download_is_split(name: str, tmp_path: Path) -> None:
    """Title, outlet, date and number are fields; words that look like codes stay in the text."""
    content = "".join(map(FACTIVA[name], FACTIVA_NUMBERS))
    page = f"<html><body>{content}</body></html>" if name.endswith("html") else content
    (tmp_path / name).write_text(page)
    articles = [one for one in read_articles([str(tmp_path / name)]) if isinstance(one, Article)]

    assert [one.id for one in articles] == list(FACTIVA_NUMBERS)
    for one in articles:
        assert (one.title, one.outlet, one.published) == ("Talks resume", "The Post", "2023-05-02")
        assert one.language == "en"
        assert one.text == f"{BODY}The end of it."
        assert one.meta["byline"] == "Ana Ruiz"


@pytest.mark.parametrize("text", ["HD\nTalks\n\nThey talk.", "PD 4\nSN 5\nTD 6", "Document A1"])
def test_other_texts_stay_whole(text: str, tmp_path: Path) -> None:
    """A line that looks like a code makes no download."""
    (tmp_path / "a.txt").write_text(text)
    (article,) = read_articles([str(tmp_path / "a.txt")])

    assert isinstance(article, Article)
    assert article.text == text


@pytest.mark.parametrize("length", ["12 words", "12 mots", "1.012 palabras", "12 Wörter"])
def test_a_second_head_in_any_language(length: str) -> None:
    """Known by its length and rights, whatever stands between."""
    text = (
        f"They talk.\n\nDébut\n{length}\nsam. 3\nLe Monde\nMONDE\n(c) 2023 Le Monde\n\nNobody left."
    )

    assert head_within(text)
    assert not head_within(text.replace(length, "twelve").replace("2023", ""))
