# SPDX-License-Identifier: EUPL-1.2
"""The steps: never edited once they have run somewhere."""
