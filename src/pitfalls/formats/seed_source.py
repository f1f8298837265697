"""What a seed is made of: something that differs at each boot, the node's identity, constants."""

from __future__ import annotations

import re
from typing import Literal

Origin = Literal["boot", "node", "constant", "unknown"]
"""``boot`` differs at each boot, ``node`` differs between nodes only."""

ENTROPY = re.compile(
    r"SYS_TIME|semihost\w*|host_time|wall_clock|esp_random|getrandom|arc4random|hw_rand\w*"
    r"|\btrng\w*|\brng\b|\brng_(?!seed)\w*|HAL_RNG\w*|Rng::\w+|entropy|\bgettimeofday\b|\btime\(|get_random\w*|sys_rand\w*"
    r"|boot_?count\w*|clock_gettime|SystemTime|\brtc\w*|\bRTC\w*|\badc_?\w*noise|next_u(?:32|64)"
    r"|\brandom\(|OsRng|RoscRng|fill_bytes",
    re.IGNORECASE,
)
_NODE = re.compile(
    r"(?:^|_)(?:ip|ipv4|ip4|ipv6|mac|hwaddr|hwaddress|addr|address|octets?|node|peer|domain|config"
    r"|cfg|uid|serial|identity|hostname|instance)(?:_|\d|$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w'])[A-Za-z_]\w*")
_CALL = re.compile(r"(?<![\w.!])([A-Za-z_]\w*)\s*\(")
_NUMBER_WORDS = re.compile(
    r"(?:u|i)(?:8|16|32|64|128|size)|u?int(?:8|16|32|64)_t|usize|unsigned|int|long|char|short|as"
    r"|wrapping_\w+|rotate_\w+|from\w*|into|seed\w*|mut|let|const|static|if|else|for|in|0?x[\da-f]+"
    r"|return|from_(?:be|le|ne)_bytes|[A-Z][A-Z0-9_]*|self|Self|core|std|unsafe|u(?:16|32)_t"
)
_ROUNDS = 4


_TARGET = re.compile(r"(?<![\w.])(\w+)(?=\s*(?::[^=;{}]{1,60})?[-+*/|^&%]?=(?!=))")
_LENT = re.compile(r"&\s*(?:mut\s+)?(\w+)")
"""Names that a body may give a value: by an assignment, or by lending them to a function."""


def entropy_word(text: str) -> str:
    """The word that names a source which differs at each boot; empty when there is none."""
    found = ENTROPY.search(text)
    return found[0] if found else ""


def unfold(argument: str, body: str, functions: dict[str, str]) -> str:
    """``argument`` with what ``body`` assigns to its variables, and the bodies of functions of
    the same file that it calls, appended."""
    seen: set[str] = set()
    text = argument
    written = {*_TARGET.findall(body), *_LENT.findall(body)}
    for _ in range(_ROUNDS):
        fresh = {word for word in _WORD.findall(text) if word not in seen and len(word) < 60}
        seen |= fresh
        more = [value for word in sorted(fresh & written) for value in _assigned(word, body)]
        more += [functions[name] for name in _CALL.findall(text) if name in fresh & set(functions)]
        if not more:
            break
        text += " ; " + " ; ".join(more)[:4000]
    return text


def _assigned(name: str, body: str) -> list[str]:
    pattern = (
        rf"(?<![\w.]){re.escape(name)}\s*(?::[^=;{{}}]{{1,60}})?[-+*/|^&%]?=(?!=)\s*"
        r"([^;{}]{1,400}(?:\{[^{}]{0,200}\})?)"
    )
    filled = rf"\b\w+\s*\([^;{{}}()]{{0,200}}&\s*(?:mut\s+)?{re.escape(name)}\b[^;{{}}]{{0,200}}\)"
    return [
        *(found[1] for found in re.finditer(pattern, body)),
        *(found[0] for found in re.finditer(filled, body)),
    ]


def origin(text: str, parameters: str = "") -> Origin:
    """What an unfolded text is made of; ``parameters`` are the names that the function is given."""
    if ENTROPY.search(text):
        return "boot"
    words = {word for word in _WORD.findall(text) if not _NUMBER_WORDS.fullmatch(word)}
    if any(_NODE.search(word) for word in _WORD.findall(text)):
        return "node"
    given = set(_WORD.findall(parameters))
    words |= {word for word in _WORD.findall(text) if word.startswith("seed")} & given
    called = set(_CALL.findall(text)) - {"wrapping_mul", "wrapping_add"}
    return "unknown" if (words & given) or (called & words) or words else "constant"
