# SPDX-License-Identifier: EUPL-1.2
"""WHIP in, fan-out to the control room; grants, tickets, publish leases."""
