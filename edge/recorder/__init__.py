# SPDX-License-Identifier: EUPL-1.2
"""Packets become sealed segments on disk, and wait there until the hub has logged them."""
