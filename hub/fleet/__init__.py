# SPDX-License-Identifier: EUPL-1.2
"""Units: enrolment and certificates, what they report, and the one line over which they are spoken with."""
