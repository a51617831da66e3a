// SPDX-License-Identifier: EUPL-1.2
// The log's vocabulary is closed: the page that shows an entry has words for each event that can stand there.
import { expect, test } from "vitest";
import vocabulary from "../../../contract/events.py?raw";
import page from "../src/pages/LogEntry.tsx?raw";

test("every event of the log has words", () => {
  const events = [...vocabulary.matchAll(/^ {4}[A-Z_]+ = "([a-z._-]+)"/gm)].map((match) => match[1] ?? "");
  expect(events.length).toBeGreaterThan(9);
  expect(events.filter((event) => !page.includes(`"${event}": "log.events.`))).toEqual([]);
});
