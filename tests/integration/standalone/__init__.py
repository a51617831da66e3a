# SPDX-License-Identifier: EUPL-1.2
"""Everything on one machine: its first start, also when it was cut, and addresses that are given."""
