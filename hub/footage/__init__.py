# SPDX-License-Identifier: EUPL-1.2
"""Looking back: what was recorded when, the grant to replay it, sealed records and the keys that open them."""
