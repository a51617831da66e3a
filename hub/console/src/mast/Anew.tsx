// SPDX-License-Identifier: EUPL-1.2
// Beginning again with another unit. It is asked first: a gloved thumb that slips does not lose the place at the mast.
import { useState } from "react";
import { useWords } from "../i18n/language";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";

export function Anew({ unit, onAnew, testid }: { unit: string; onAnew: () => void; testid: string }) {
  const { say } = useWords();
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button kind="quiet" onClick={() => setAsked(true)} data-testid={testid}>
        {say("mast.anew")}
      </Button>
      {asked && (
        <Dialog title={say("mast.anewAsked")} testid="mast-anew-asked" onClose={() => setAsked(false)}>
          <p>{say("mast.anewHint", { unit })}</p>
          <div className="fz-dialog__deeds">
            <Button kind="primary" onClick={() => setAsked(false)} data-testid="mast-anew-stay">
              {say("mast.anewStay", { unit })}
            </Button>
            <Button
              kind="secondary"
              data-testid="mast-anew-sure"
              onClick={() => {
                setAsked(false);
                onAnew();
              }}
            >
              {say("mast.anew")}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
