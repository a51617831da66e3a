# SPDX-License-Identifier: EUPL-1.2
"""This unit itself: who it is, what time it has, and what it may do."""
