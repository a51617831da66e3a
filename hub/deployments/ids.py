# SPDX-License-Identifier: EUPL-1.2
"""Ids that sort by the time they were made."""

from collections.abc import Callable


def uuid7(now_us: int, random: Callable[[int], bytes]) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random."""
    value = int.from_bytes((now_us // 1000).to_bytes(6, "big") + random(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
