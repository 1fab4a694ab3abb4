"""Characters that leave nothing to see: by them two names can look alike, and a text can hide what it says."""

import unicodedata

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of what controls, directs, is private or is not assigned."""

# What Unicode says to show as nothing (Default_Ignorable_Code_Point) though its category is that of a letter or mark:
# joiners, Hangul fillers, Khmer inherent vowels, variation selectors. And the Braille pattern without dots.
SINGLE = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)
IGNORED = frozenset(map(chr, (*SINGLE, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def unseen(char: str) -> bool:
    """True if a reader would not see that the character is there."""
    return char in IGNORED or unicodedata.category(char) in HIDDEN
