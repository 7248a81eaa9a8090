"""Texts that a submission chose, as they may stand in a terminal, a log and a report."""

import unicodedata

CONTROL = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
KEPT = "\n\t"


def plain(text: str, limit: int) -> str:
    """The first ``limit`` characters; "?" for those that steer a terminal or turn the direction of writing."""
    return "".join("?" if _steers(sign) else sign for sign in text[:limit])


def line(text: str, limit: int) -> str:
    """``plain`` in one line."""
    return " ".join(plain(text, limit).split("\n"))


def _steers(sign: str) -> bool:
    return sign not in KEPT and (unicodedata.category(sign) in CONTROL or unicodedata.bidirectional(sign) in DIRECTION)
