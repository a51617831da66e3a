# SPDX-License-Identifier: EUPL-1.2
"""The line to the hub: messages both ways, segments up. The broker and the network are trusted for nothing."""
