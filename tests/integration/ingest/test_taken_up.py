# SPDX-License-Identifier: EUPL-1.2
"""A window that was closed and filmed again: people see what was filmed after that, and what is missing before it."""

from tests.integration.filming import Filmed, Stated, filming
from tests.integration.ingest.test_coverage import shown, take
from tests.integration.town import MINUTE_US, Town


async def test_what_follows_a_closing_is_footage_and_the_hole_before_it_is_missing(town: Town) -> None:
    camera = await filming(town)
    window = camera.order.decision.windows[0]
    camera.at_us = window.from_us
    said: list[Filmed | Stated] = [camera.film(), camera.close(ended="withdrawn")]
    closed_us = camera.at_us
    camera.at_us = taken_up_us = closed_us + 5 * MINUTE_US
    said += [camera.film(), camera.close(ended="withdrawn")]
    town.now_us = window.to_us + 2 * MINUTE_US
    await take(town, reversed(said))

    (one,) = (await shown(town))["windows"]

    assert one["missing"] == [{"from_us": closed_us, "to_us": taken_up_us}]
    assert [span["from_us"] for span in one["recorded"]] == [window.from_us, taken_up_us]
    assert (one["to_us"], one["ended"]) == (camera.at_us, "withdrawn")
