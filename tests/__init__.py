# SPDX-License-Identifier: EUPL-1.2
"""Tests by cost (unit, integration, acceptance), mirrored by room; benches; the house rules."""
