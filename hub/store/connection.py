# SPDX-License-Identifier: EUPL-1.2
"""How every connection to the database notices that its other end is gone.

A machine that is gone without a word is noticed in about half a minute. A listener sends nothing by itself, so for it
only the kernel can notice.
"""

# libpq's names; seconds, but for `keepalives` (on) and `keepalives_count` (unanswered probes).
KEEPALIVE = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
