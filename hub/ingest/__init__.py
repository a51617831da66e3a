# SPDX-License-Identifier: EUPL-1.2
"""What units send is verified, deduplicated, admitted: index rows, segments; and anchored in the log."""
