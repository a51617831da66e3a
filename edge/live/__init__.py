# SPDX-License-Identifier: EUPL-1.2
"""Packets go out over WebRTC (WHIP) under a publish lease."""
