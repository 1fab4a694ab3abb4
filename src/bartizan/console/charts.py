"""Charts as SVG, drawn on the server: no script, no inline style, and a table beside each for who cannot see it."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

WIDTH, HEIGHT = 720, 110
GAP = 2


def stacked_bars(bars: Sequence[tuple[str, Mapping[str, int]]], kinds: Sequence[str], *, title: str) -> Markup:
    """One bar per label, its parts stacked by kind; the class of a part is `k-KIND`."""
    peak = max((sum(parts.values()) for _, parts in bars), default=0)
    step = WIDTH / max(1, len(bars))
    drawn = [Markup('<line class="axis" x1="0" y1="{y}" x2="{x}" y2="{y}"/>').format(y=HEIGHT - 0.5, x=WIDTH)]
    drawn += [_bar(number * step, step, label, parts, kinds, peak) for number, (label, parts) in enumerate(bars)]
    return _svg("chart", HEIGHT, title, drawn)


def share_bar(parts: Sequence[tuple[str, int]], *, title: str) -> Markup:
    """One flat bar whose parts are as long as their numbers; the class of a part is `s-NAME`."""
    total = sum(number for _, number in parts)
    x, drawn = 0.0, []
    for name, number in parts:
        width = WIDTH * number / total if total else 0
        if number:
            part = Markup('<rect class="s-{}" x="{:.1f}" y="0" width="{:.1f}" height="10"/>')
            drawn.append(part.format(name, x, max(2, width - 2)))
        x += width
    return _svg("share", 10, title, drawn)


def _bar(x: float, step: float, label: str, parts: Mapping[str, int], kinds: Sequence[str], peak: int) -> Markup:
    y, drawn = float(HEIGHT - 1), []
    for kind in kinds:
        if number := parts.get(kind, 0):
            height = max(1.5, (HEIGHT - 4) * number / peak)
            y -= height
            part = Markup('<rect class="k-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
            drawn.append(part.format(kind, x + GAP / 2, y, max(1, step - GAP), height))
    said = ", ".join(f"{number:,} {kind}" for kind in kinds if (number := parts.get(kind, 0))) or "nothing"
    hover = Markup('<rect class="hover" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>').format(x, step, HEIGHT)
    return Markup("<g><title>{}: {}</title>{}{}</g>").format(label, said, hover, Markup("").join(drawn))


def _svg(kind: str, height: int, title: str, drawn: Sequence[Markup]) -> Markup:
    # Stretched to the width of the page: the words stand beside it in HTML, where they keep their shape.
    head = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">')
    return head.format(kind, WIDTH, height, title) + Markup("").join(drawn) + Markup("</svg>")
