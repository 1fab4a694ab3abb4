"""How well a tagger does on paragraphs that it has not seen, of the same making."""

from bartizan.text.tagger import KINDS, Tagger
from training.names.corpus import paragraphs


def trial(tagger: Tagger, seed: int, count: int) -> str:
    """Precision, recall and F1 for each kind, on names found whole."""
    right, found, there = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for pieces in paragraphs(seed, count):
        text, gold = "", set()
        for piece, kind in pieces:
            if kind:
                gold.add((len(text), len(text) + len(piece), kind))
            text += piece
        told = {(name.start, name.end, name.kind) for name in tagger.tag(text)}
        for kind in KINDS[1:]:
            mine, theirs = {name for name in told if name[2] == kind}, {name for name in gold if name[2] == kind}
            right[kind] += len(mine & theirs)
            found[kind] += len(mine)
            there[kind] += len(theirs)
    lines = [f"{'kind':14} {'precision':>9} {'recall':>7} {'F1':>6} {'n':>6}"]
    for kind in KINDS[1:]:
        precision, recall = right[kind] / max(1, found[kind]), right[kind] / max(1, there[kind])
        both = 2 * right[kind] / max(1, found[kind] + there[kind])
        lines.append(f"{kind:14} {precision:9.3f} {recall:7.3f} {both:6.3f} {there[kind]:6}")
    return "\n".join(lines)
