# SPDX-License-Identifier: EUPL-1.2
"""One composition root per process: serve, units, media, worker; nothing else knows a whole."""
