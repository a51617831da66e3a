# SPDX-License-Identifier: EUPL-1.2
"""The base map, on which a plan is drawn: a municipality's own files, or tiles of one configured service. All of it
comes through the hub alone.

A browser asks no third party for a map: that would tell it where somebody plans cameras.
"""
