# SPDX-License-Identifier: EUPL-1.2
"""The schema's history, one numbered step a file; applied by `hub.store.schema`."""
