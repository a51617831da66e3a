// SPDX-License-Identifier: EUPL-1.2
// One deed at a time: it is under way, it failed and why, or nobody is signed in any more. Every form does its deed here.
import { useCallback, useRef, useState } from "react";
import { useWords } from "../i18n/language";
import { isSignedOut } from "./api";
import { failureWords, type FailureWords } from "./failure";

export interface Deed {
  busy: boolean;
  failure: FailureWords | null;
  /** `met` says of a failure that its room sees to it; gives whether the deed was done */
  run: (act: () => Promise<void>, met?: (failure: unknown) => boolean) => Promise<boolean>;
  /** one has read it, or tries something else */
  forget: () => void;
}

export function useDeed(onSignedOut: () => void): Deed {
  const { say } = useWords();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<FailureWords | null>(null);
  const doing = useRef(false); // at once, where two presses come before the next drawing
  const forget = useCallback(() => setFailure(null), []);
  const run = useCallback<Deed["run"]>(
    async (act, met = () => false) => {
      if (doing.current) return false;
      doing.current = true;
      setBusy(true);
      setFailure(null);
      try {
        await act();
        return true;
      } catch (failed) {
        if (isSignedOut(failed)) onSignedOut();
        else if (!met(failed)) setFailure(failureWords(failed, say));
        return false;
      } finally {
        doing.current = false;
        setBusy(false);
      }
    },
    [say, onSignedOut],
  );
  return { busy, failure, run, forget };
}
