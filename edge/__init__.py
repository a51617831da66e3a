# SPDX-License-Identifier: EUPL-1.2
"""The agent on a camera unit: it films under an order, seals what it films, and forgets."""
