"""Take the debris of a scraped page out of an article, and touch no prose.

A line goes only when all of it is debris ("Leave a comment", "Post Views: 30", a share bar, a
cookie notice), or when debris is glued to its start or end ("Leave a commentTalks resume"). Bylines
and datelines become fields. Everything that goes is kept with its reason, so that a user can see it
and nothing is lost.
"""

import re
from dataclasses import dataclass, replace

from ..article import Article
from ..line_breaks import unwrap

__all__ = ["Cleaned", "Removal", "clean"]


@dataclass(frozen=True, slots=True)
class Removal:
    r"""Something that was taken out of an article.

    Examples
    --------
    >>> from standfirst.corpus import Article, clean
    >>> text = (
    ...     "The minister left on Monday.\n\nShare this article\n\nTalks resume on Tuesday."
    ... )
    >>> [(row.reason, row.text) for row in clean(Article("a1", "Talks", text)).removed]
    [('share bar', 'Share this article')]
    """

    reason: str
    """Which rule took it."""
    text: str
    """What was taken."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    r"""An article without its debris.

    Examples
    --------
    >>> from standfirst.corpus import Article, clean
    >>> text = (
    ...     "The minister left on Monday.\n\nShare this article\n\nTalks resume on Tuesday."
    ... )
    >>> clean(Article("a1", "Talks", text)).article.text
    'The minister left on Monday.\n\nTalks resume on Tuesday.'
    """

    article: Article
    """The article with the cleaned text."""
    removed: tuple[Removal, ...] = ()
    """What was taken out, in the order of the text."""
    byline: str = ""
    """Who wrote it, as it stood in the text."""
    dateline: str = ""
    """Place, date and agency that stood before the first sentence."""
    repaired: bool = False
    """Whether its encoding was repaired before."""


_NETWORKS = (
    r"(?:share|tweet|pin|email|print|copy link|facebook|twitter|x|whatsapp|telegram|linkedin|reddit"
    r"|pinterest|more)"
)
_COMMENT = (
    r"(?:leave|post|add|write) a (?:comment|reply)|(?:no|\d+) comments?"
    r"|comments? (?:are )?(?:closed|off)"
)
_SHARE = (
    r"share(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via|with)\b.{0,60})?:?"
    rf"|{_NETWORKS}(?:[\s|•·,/]+{_NETWORKS})+"
    r"|follow us(?: on\b.{0,80})?|like us on facebook.{0,40}|click to share.{0,60}"
)
_COUNTER = (
    r"(?:post |page )?views?:?\s*[\d.,]+k?|[\d.,]+k? (?:views|shares|likes|reads)"
    r"|\d+ min(?:ute)?s? read"
)
_MORE = (
    r"(?:read|see|view|show|load|learn) more"
    r"(?: (?:articles?|stories|here|about\b.{0,60}))?[.…>»\s]*"
    r"|(?:read|see|watch) (?:also|next|too)\s*[:–-].{0,160}|also read\s*[:–-].{0,160}"
    r"|(?:related|recommended|trending|latest|more)"
    r"(?: (?:articles?|stories|posts?|news|topics|coverage))\s*:?"
    r"|you (?:may|might) also (?:like|be interested in)\s*:?.{0,80}|continue reading\b.{0,60}"
    r"|(?:next|previous) (?:article|post)"
)
_ADVERT = (
    r"advertisements?|sponsored(?: content)?|story continues below(?: advertisement)?|ad choices"
)
_COOKIE = (
    r"(?:this (?:web)?site|we) uses? cookies(?: (?:to|on this|on our|and similar)\b.{0,300})?"
    r"|by (?:continuing|using this (?:web)?site)\b.{0,80}\bcookies?\b.{0,200}"
    r"|(?:accept|reject|manage)(?: all)? cookies"
)
_SUBSCRIBE = (
    r"subscribe(?: (?:now|here|today))?[!.]?|subscribe to (?:our|the)\b.{0,100}"
    r"|sign up (?:for|to) (?:our|the)\b.{0,100}(?:newsletter|inbox|alerts?)\b.{0,60}"
    r"|(?:enter|your) (?:your )?e-?mail(?: address)?|join our (?:whatsapp|telegram)\b.{0,80}"
)
_RIGHTS = (
    r"(?:©|\(c\)|copyright)\s.{0,120}|all rights reserved\.?|tags?\s*:.{0,160}"
    r"|filed under\s*:?.{0,120}"
)
_SKIP = (
    r"(?:skip|jump) to (?:main )?content|back to top|loading\s*\.*|toggle navigation|menu|search"
)

_DEBRIS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(rf"[\W_]*(?:{pattern})[\W_]*", re.IGNORECASE))
    for reason, pattern in (
        ("comment form", _COMMENT),
        ("share bar", _SHARE),
        ("counter", _COUNTER),
        ("link to more", _MORE),
        ("advertisement", _ADVERT),
        ("cookie notice", _COOKIE),
        ("subscription", _SUBSCRIBE),
        ("rights and tags", _RIGHTS),
        ("navigation", _SKIP),
    )
)
_GLUED_BEFORE = re.compile(
    r"(?:Leave a (?:comment|Comment|reply|Reply)|Advertisement|Post Views: \d+"
    r"|Share this(?: article)?:?)"
    r"(?=[A-ZÀ-Ý“\"‘'])"
)
_GLUED_AFTER = re.compile(
    r"(?<=[.!?”\"’])\s*(?:Leave a (?:comment|Comment|reply|Reply)|Post Views: [\d,]+|Advertisement"
    r"|Share this(?: article)?:?|Read more\.{0,3})$"
)
# Only lines that end so can have something glued to their end.
_MAY_BE_GLUED = (
    *("comment", "Comment", "reply", "Reply", "Advertisement", "this", "article", ":", ","),
    *("more", "more.", "more..", "more..."),
)
# So all lines begin that are debris, whatever blanks and marks stand before.
_MAY_BE_DEBRIS = re.compile(
    r"[\W_]*(?:\d|[©(]|k |accept|ad|all|also|back|by|click|comment|continue|copy|email|enter"
    r"|facebook|filed|follow|join|jump|latest|learn|leave|like|linkedin|load|manage|menu|more|next"
    r"|no|page|pin|post|previous|print|read|recommended|reddit|reject|related|search|see|share|show"
    r"|sign|skip|sponsored|story|subscribe|tag|telegram|this|toggle|trending|tweet|twitter|view"
    r"|watch|we|whatsapp|write|x|you)",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(?:By|BY|by|Von|Par|Por|Di)\s+(?=\S*[A-ZÀ-Ý])[^.!?]{3,80}")
_NAME = re.compile(
    r"[A-ZÀ-Ý][\w'’.-]+(?:\s+(?:and|und|et|y|e|de|van|von|der|[A-ZÀ-Ý][\w'’.-]*)){0,8}"
    r"(?:[,|].{0,50})?"
)
_DATELINE = re.compile(
    r"(?P<place>[A-ZÀ-Ý][A-ZÀ-Ý .'’/-]{2,40}(?:, [A-Z][\w. ]{1,30})?)"
    r"(?P<date>,? (?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8}\.?)(?:,? \d{4})?)?"
    r"(?P<agency> ?\([A-Z][\w .&/-]{1,40}\))?\s+?[—–-]{1,2}\s+(?=\S)"
)
_TOP = 4
_MAX_BYLINE = 100


def clean(article: Article) -> Cleaned:
    r"""Take debris out of an article.

    Examples
    --------
    >>> page = Article("a", "", "By Ana Ruiz\nTalks resumed.\nPost Views: 30\nLeave a comment")
    >>> cleaned = clean(page)
    >>> cleaned.article.text, cleaned.byline, [gone.reason for gone in cleaned.removed]
    ('Talks resumed.', 'Ana Ruiz', ['byline', 'counter', 'comment form'])
    """
    kept: list[str] = []
    removed: list[Removal] = []
    byline = dateline = ""
    n_lines = 0
    for raw in unwrap(article.text).split("\n"):
        line = _unglued(raw, removed)
        if not line.strip():
            kept.append("")
            continue
        reason = _debris(line)
        if reason is not None:
            removed.append(Removal(reason, line.strip()))
            continue
        n_lines += 1
        if n_lines == 1 and line.strip() == article.title:
            removed.append(Removal("headline repeated", line.strip()))
            continue
        if n_lines <= _TOP and not byline and (name := _byline(line)):
            byline = name
            removed.append(Removal("byline", line.strip()))
            continue
        if n_lines <= _TOP and not dateline and (match := _DATELINE.match(line.strip())):
            dateline = match.group().strip(" —–-")
            removed.append(Removal("dateline", match.group().strip()))
            line = line.strip()[match.end() :]
        kept.append(line.rstrip())
    text = "\n".join(kept)
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    text = text.strip("\n")
    return Cleaned(replace(article, text=text), tuple(removed), byline, dateline)


def _debris(line: str) -> str | None:
    stripped = line.strip()
    if len(stripped) > 400:
        return None
    if not any(map(str.isalnum, stripped)):
        return "rule"
    if not _MAY_BE_DEBRIS.match(stripped):
        return None
    return next((reason for reason, rule in _DEBRIS if rule.fullmatch(stripped)), None)


def _unglued(line: str, removed: list[Removal]) -> str:
    while match := _GLUED_BEFORE.match(line):
        removed.append(Removal("glued", match.group()))
        line = line[match.end() :]
    while (line.endswith(_MAY_BE_GLUED) or line[-1:].isdecimal()) and (
        match := _GLUED_AFTER.search(line)
    ):
        removed.append(Removal("glued", match.group().strip()))
        line = line[: match.start()]
    return line


def _byline(line: str) -> str:
    stripped = line.strip()
    if len(stripped) > _MAX_BYLINE or not _BYLINE.fullmatch(stripped):
        return ""
    name = stripped.split(maxsplit=1)[1]
    return name if _NAME.fullmatch(name) else ""
