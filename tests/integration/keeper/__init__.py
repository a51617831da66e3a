# SPDX-License-Identifier: EUPL-1.2
"""The keeper over its real socket, with a real log and real opener children."""
