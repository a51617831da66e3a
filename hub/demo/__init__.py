# SPDX-License-Identifier: EUPL-1.2
"""The demonstration: what `demo` does in order, its seed clients, and what it says on a terminal."""
