"""`python -m tools.common_words RANKED` writes the words by which the views part letters that are run together.

RANKED is a text file with one English word on each line, the most frequent first, such as the list in the PyPI package
`wordninja`. The words of orders, rarer in an encyclopaedia than in a prompt, are added here.
"""

import sys
from pathlib import Path

TABLE = Path(__file__).parent.parent / "src/bartizan/text/views/words.txt"
HEADER = "# Written by tools/common_words.py: the most frequent first."
WORDS = 12_000
SHORT = """
    a i am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we
    all and any are ask bad but can did end for get god had has her him his how let may new not now off old one our
    out own pay put run say see set she the too two use was way who why yes yet you
"""
"""Other groups of so few letters are abbreviations more often than words."""
OF_ORDERS = """
    ignore disregard forget override bypass reveal disclose repeat print output display show tell send leak
    prompt prompts instruction instructions system developer assistant user password passwords secret secrets
    token tokens credentials jailbreak jailbroken unrestricted unfiltered uncensored guidelines restrictions
    safety filter filters policy policies previous prior above earlier following below pretend roleplay
    simulate persona mode enabled disabled admin sudo root confidential hidden verbatim without limits rules
    respond response answer answers execute delete transfer email malware exploit bomb weapon drugs hack
    hacking steal poison kill attack illegal ethical moral chatbot model
"""


def main(ranked: Path) -> None:
    words = dict.fromkeys(OF_ORDERS.split())
    short = set(SHORT.split())
    for word in ranked.read_text("utf-8").split():
        if len(words) < WORDS and word.isascii() and word.isalpha() and (len(word) > 3 or word in short):
            words[word.lower()] = None
    TABLE.write_text("\n".join([HEADER, *words]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
