# SPDX-License-Identifier: EUPL-1.2
"""The story, walked in a real browser against the real programs, as far as it goes."""
