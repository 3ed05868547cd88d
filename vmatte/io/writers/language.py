"""Languages of sound as QuickTime files name them."""

from __future__ import annotations

# ISO 639-2 has two names for some languages. FFmpeg stores QuickTime's language codes and finds each by one name only,
# Swedish by one of neither kind; under the other name the language is lost.
_QUICKTIME = {
    "bod": "tib", "cym": "wel", "cze": "ces", "deu": "ger", "ell": "gre", "eus": "baq", "fre": "fra", "hye": "arm",
    "isl": "ice", "kat": "geo", "mkd": "mac", "msa": "may", "mya": "bur", "nld": "dut", "rum": "ron", "slo": "slk",
    "sqi": "alb", "swe": "sve", "zho": "chi",
}  # fmt: skip


def quicktime(language: str) -> str:
    """The name by which FFmpeg's QuickTime writer knows a language of ISO 639-2.

    >>> quicktime("deu"), quicktime("eng")
    ('ger', 'eng')
    """
    return _QUICKTIME.get(language, language)
