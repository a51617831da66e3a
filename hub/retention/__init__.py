# SPDX-License-Identifier: EUPL-1.2
"""What is due is forgotten: the rules, the sweeper that has them carried out, and the statement that it was done."""
