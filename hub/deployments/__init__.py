# SPDX-License-Identifier: EUPL-1.2
"""Demonstrations and what is decided for them: decision, posts, assignments, and the mandates that come of it."""
