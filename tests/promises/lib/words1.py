"""
The plain twin of dialect words-1, of shingles and of their Jaccard similarity, written from the descriptions in
include/tamis.h with the Unicode tables of Python. Slow, and shares nothing with the program.
"""
import unicodedata

SPACES = set("\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {
    chr(c) for c in range(0x2000, 0x200b)}
UNSPACED = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC ITERATION MARK", "HIRAGANA", "KATAKANA",
            "HALFWIDTH KATAKANA", "THAI ", "LAO ", "MYANMAR ", "KHMER ")
HAN_ZERO = "\u3007"  # a number by its category, written like any character of Han


def is_unspaced(c):
    return c == HAN_ZERO or (unicodedata.category(c)[0] == "L" and unicodedata.name(c, "").startswith(UNSPACED))


def words(text):
    """The words of a text; marks are left out."""
    found, at = [], 0
    while at < len(text):
        c, begin = text[at], at
        at += 1
        if c != "_" and unicodedata.category(c)[0] not in "LN":
            continue
        if is_unspaced(c):
            while at < len(text) and unicodedata.category(text[at])[0] == "M":
                at += 1
        else:
            while at < len(text) and (text[at] == "_" or unicodedata.category(text[at])[0] in "LNM") and \
                    not is_unspaced(text[at]):
                at += 1
        found.append(text[begin:at])
    return found


def fold(word):
    """Simple case folding: never changes the number of characters."""
    folded = []
    for c in word:
        full = c.casefold()
        lower = c.lower()
        folded.append(full if len(full) == 1 else lower if len(lower) == 1 else c)
    return "".join(folded)


def shingles(text, size=5):
    folded = [fold(word) for word in words(text)]
    if not folded:
        return frozenset()
    size = min(size, len(folded))
    return frozenset(tuple(folded[i:i + size]) for i in range(len(folded) - size + 1))


def jaccard(a, b):
    either = len(a | b)
    return len(a & b) / either if either else 0.0


def normal(text):
    """Runs of white space as one space, ends trimmed: texts that are equal so are exact duplicates."""
    return " ".join(piece for piece in "".join(" " if c in SPACES else c for c in text).split(" ") if piece)


def tokens(text):
    """The estimate: bytes of UTF-8 / 4.2, rounded, at least 1."""
    return max(1, (10 * len(text.encode()) + 21) // 42)
