# SPDX-License-Identifier: EUPL-1.2
"""The map below a plan: a municipality's own files, or tiles of one configured service, given through the hub alone.

A browser asks no third party for a map: that would tell it where somebody plans cameras.
"""
