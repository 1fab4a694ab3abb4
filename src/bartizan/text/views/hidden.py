"""Hidden text: what HTML and Markdown carry along without showing it, and what they show once their marks are gone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bartizan.text.views.piece import Piece, in_place
from bartizan.text.views.source import DIGITS, LOWER, UPPER, Source, kinds

SIGNS = "<[*`~_"
LEAST_CHARS = 3
"""Shorter pieces say nothing."""

COMMENT = re.compile(r"<!--(.*?)(?:--!?>|\Z)|<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,24})((?:[\s/\"'][^<>]*)?)>")
SHOWN = frozenset(
    """
    a abbr article aside b big blockquote body button caption center cite code col dd del details
    dfn div dl dt em fieldset figcaption figure font footer form frame h1 h2 h3 h4 h5 h6 head header
    hr html i iframe img input ins kbd label legend li link main map mark meta meter nav object ol
    option output p picture pre progress q s samp section select small source span strike strong
    style sub summary sup svg table tbody td textarea tfoot th thead time title tr tt u ul var video
    wbr
    """.split()  # noqa: SIM905
)
"""Tags of HTML. Another is one too if it is closed; otherwise it may be a type's parameter."""
INLINE = frozenset(
    """
    a abbr b big cite code del dfn em font i ins kbd label mark q s samp small span strike strong
    sub sup time tt u var wbr
    """.split()  # noqa: SIM905
)
"""Tags that do not part words."""
UNSHOWN = frozenset({"template", "noscript", "noembed", "noframes"})

ATTRIBUTE = re.compile(
    r"(?<![\w-])(?:alt|title|aria-label|aria-description|placeholder|content|summary|label|longdesc|value|data-[\w-]{1,40})"
    r"""\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""",
    re.IGNORECASE,
)
WHITE = r"(?:white|#fff(?:f|fff|fffff)?\b|#fefefe|rgba?\(\s*255\s*,\s*255\s*,\s*255|hsla?\([^)]*,\s*100%|transparent)"
UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?(?:\.0\d*)?\s*(?![\d.])"
    r"|font(?:-size)?\s*:\s*(?:0?\.\d+|[01])\s*(?:px|pt|r?em|%|;|\"|'|$)|(?:left|top|right|bottom|text-indent|margin-left)\s*:\s*-\d{3,}"
    r"|(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|\"|'|$)|clip(?:-path)?\s*:\s*(?:rect|inset)\(\s*(?:0|1px|50%|100%)"
    r"|mso-hide\s*:\s*all|scale\(\s*0\s*\)|(?<![\w-])hidden(?![\w-])|aria-hidden\s*=\s*[\"']?true|type\s*=\s*[\"']?hidden"
    r"|size\s*=\s*[\"']?0",
    re.IGNORECASE,
)
COLOUR = re.compile(r"(?<![\w-])color\s*[:=]\s*[\"']?\s*([#\w]+(?:\([^)]*\))?)", re.IGNORECASE)
GROUND = re.compile(r"(?:background(?:-color)?|bgcolor)\s*[:=]\s*[\"']?\s*([#\w]+(?:\([^)]*\))?)", re.IGNORECASE)
STYLED = re.compile(r"[.#]([\w-]{1,64})\s*\{([^{}]{0,2000})\}")
NAMED = re.compile(r"(?:class|id)\s*=\s*[\"']?([\w \t-]{1,200})", re.IGNORECASE)

# Markdown: the text in the place of an image, titles, and link definitions that serve as comments.
IMAGE = re.compile(r"!\[([^\[\]]{3,2000})\][(\[]")
LINK_TITLE = re.compile(r"""\]\(\s*[^\s()]{0,2000}\s+(?:"([^"]{3,2000})"|'([^']{3,2000})'|\(([^()]{3,2000})\))\s*\)""")
DEFINITION = re.compile(
    r"""^[ ]{0,3}\[[^\[\]]{1,100}\]:[ \t]*\S{1,2000}[ \t]+(?:"([^"\n]{3,})"|'([^'\n]{3,})'|\(([^()\n]{3,})\))[ \t]*$""",
    re.MULTILINE,
)
EMPHASIS = re.compile(r"(\*{1,3}|__|~~|`)(?:([^\W_]{1,16})\1)?")
"""A mark, and what it marks if it comes before that."""


EMPHASES = kinds(("a", LOWER + UPPER + DIGITS), ("*", b"*`~"), ("_", b"_"))
IN_WORDS = (b"a*a", b"a**a", b"a***a", b"a__a")
EMPHASISED_CHARS = 24


class Tag(NamedTuple):
    """A tag of HTML."""

    start: int
    end: int
    name: str
    closes: bool
    attributes: str


def hidden(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """All that is not shown, one below the other; and what is shown, without the marks between."""
    text = source.text
    if not any(sign in text for sign in SIGNS):
        return
    tags = list(_tags(text)) if "<" in text else []
    spans = [*_in_html(text, tags), *_in_markdown(text)]
    if pieces := _below(text, sorted(set(spans))):
        yield "hidden", pieces
    if marks := sorted([*_tag_marks(text, tags), *_emphasis_marks(source)]):
        yield "shown", in_place(text, _apart(marks))


def _tags(text: str) -> Iterator[Tag]:
    for match in TAG.finditer(text):
        name = match[2].lower()
        if name in SHOWN or name in UNSHOWN or f"</{match[2]}>" in text:
            yield Tag(*match.span(), name, bool(match[1]), match[3])


def _in_html(text: str, tags: list[Tag]) -> Iterator[tuple[int, int]]:
    """Comments, what attributes say, and elements that are styled away."""
    if "<!" in text:
        for match in COMMENT.finditer(text):
            yield match.span(1) if match[1] is not None else match.span(2)
    styles = {name for name, style in STYLED.findall(text) if UNSEEN.search(style)} if tags and "{" in text else set()
    closing: dict[str, list[int]] = {}
    for tag in tags:
        if tag.closes:
            closing.setdefault(tag.name, []).append(tag.start)
    for starts in closing.values():
        starts.reverse()
    for tag in tags:
        while (ends := closing.get(tag.name)) and ends[-1] < tag.end:
            ends.pop()
        if tag.attributes and "=" in tag.attributes:
            for match in ATTRIBUTE.finditer(text, tag.start, tag.end):
                yield match.span(1) if match[1] is not None else match.span(2)
        if not tag.closes and ends and _unseen(tag, styles):
            yield tag.end, ends[-1]


def _unseen(tag: Tag, styles: set[str]) -> bool:
    """Whether what stands in the element is not shown, or not to be told from its ground."""
    if tag.name in UNSHOWN:
        return True
    if not tag.attributes:
        return False
    if UNSEEN.search(tag.attributes):
        return True
    if styles and any(not styles.isdisjoint(match[1].split()) for match in NAMED.finditer(tag.attributes)):
        return True
    colour, ground = COLOUR.search(tag.attributes), GROUND.search(tag.attributes)
    if colour and ground:
        return colour[1].lower() == ground[1].lower()
    return bool(colour and re.fullmatch(WHITE + ".*", colour[1], re.IGNORECASE | re.DOTALL))


def _in_markdown(text: str) -> Iterator[tuple[int, int]]:
    if "]" not in text:
        return
    if "![" in text:
        yield from (match.span(1) for match in IMAGE.finditer(text))
    if "](" in text:
        yield from (match.span(match.lastindex or 0) for match in LINK_TITLE.finditer(text))
    if "]:" in text:
        yield from (match.span(match.lastindex or 0) for match in DEFINITION.finditer(text))


def _below(text: str, spans: list[tuple[int, int]]) -> list[Piece]:
    """The spans, one below the other; what lies in one that came before is there already."""
    pieces: list[Piece] = []
    done = 0
    for start, end in spans:
        start = max(start, done)
        if len(text[start:end].strip()) >= LEAST_CHARS:
            if pieces:
                pieces.append(Piece(start, start, "\n"))
            pieces.append(Piece(start, end, text[start:end]))
            done = end
    return pieces


def _tag_marks(text: str, tags: list[Tag]) -> Iterator[Piece]:
    """What is left out of the text that is shown."""
    for tag in tags:
        yield Piece(tag.start, tag.end, "" if tag.name in INLINE else "\n")
    if "<!--" in text:
        for match in COMMENT.finditer(text):
            yield Piece(*match.span(), "")


def _emphasis_marks(source: Source) -> Iterator[Piece]:
    """Marks in the midst of a word."""
    marked, text = source.data.translate(EMPHASES), source.text
    done = 0
    for at in sorted(at + 1 for sign in IN_WORDS for at in _each(marked, sign)):
        if at < done or not (mark := EMPHASIS.match(text, at)):
            continue
        if mark[2]:
            yield Piece(*mark.span(), mark[2])
            done = mark.end()
            continue
        begin = text.rfind(mark[1], max(at - EMPHASISED_CHARS, done), at)
        word = text[begin + len(mark[1]) : at]
        if begin >= 0 and word.isalnum():
            yield Piece(begin, mark.end(), word)
            done = mark.end()


def _each(data: bytes, sign: bytes) -> Iterator[int]:
    at = data.find(sign)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)


def _apart(marks: list[Piece]) -> Iterator[Piece]:
    """The marks, without those that lie in others."""
    done = 0
    for mark in marks:
        if mark.start >= done:
            yield mark
            done = mark.end
