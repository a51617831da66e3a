# SPDX-License-Identifier: EUPL-1.2
"""Where a caller sits: what the front saw, whatever the caller says; an IPv6 network counts as one."""

import pytest
from starlette.requests import Request

from hub.access.signin import calling_address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("nobody", ""),
        ("192.0.2.1,", ""),
    ],
)
def test_the_address_that_the_front_saw(forwarded: str, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())]
    assert calling_address(Request({"type": "http", "headers": headers})) == address
