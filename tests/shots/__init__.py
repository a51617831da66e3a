# SPDX-License-Identifier: EUPL-1.2
"""Photographs of every screen of the console, for people to look at."""
