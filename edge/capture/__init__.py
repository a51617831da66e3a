# SPDX-License-Identifier: EUPL-1.2
"""A camera, a stream or a file becomes packets: each with the time at which it arrived."""
