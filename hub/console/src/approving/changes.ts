// SPDX-License-Identifier: EUPL-1.2
// What a decision changes against the one before it, sentence by sentence, by their words.
import type { Row } from "./decision-words";
import { plainText, type Sentence } from "./pieces";

export interface ComparedRow extends Row {
  changed: boolean;
  /** how what changed read before; an empty one where the sentence is new */
  was: Sentence[];
}

/** Words that differ in every decision and say nothing of what may be filmed. */
const OF_THE_RECORD: ReadonlySet<string> = new Set(["record"]);

export function compared(now: readonly Row[], before: readonly Row[] | null): ComparedRow[] {
  return now.map((row) => {
    if (before === null || OF_THE_RECORD.has(row.head)) return { ...row, changed: false, was: [] };
    const earlier = before.find((one) => one.head === row.head);
    const all = (one: Row | undefined): Map<string, Sentence> =>
      new Map([...(one?.sentences ?? []), ...(one?.details ?? [])].map((each) => [each.id, each]));
    const [here, there] = [all(row), all(earlier)];
    const gone = [...there.values()].filter((each) => !here.has(each.id));
    const other = [...there.values()].filter((each) => {
      const same = here.get(each.id);
      return same !== undefined && plainText(same) !== plainText(each);
    });
    const fresh = [...here.keys()].some((id) => !there.has(id));
    return { ...row, changed: gone.length + other.length > 0 || fresh, was: [...other, ...gone] };
  });
}
