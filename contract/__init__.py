# SPDX-License-Identifier: EUPL-1.2
"""What crosses between a unit and the hub, and what a third party must be able to verify; pure, no I/O."""
