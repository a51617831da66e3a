# SPDX-License-Identifier: EUPL-1.2
"""Measurements by name, each beside a peer in the same run; docs/reference/performance.md says what they mean."""
