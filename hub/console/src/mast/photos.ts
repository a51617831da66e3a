// SPDX-License-Identifier: EUPL-1.2
// Photos that wait on this phone: sent in their order as soon as there is a line, counted where the installer sees it.
import { useCallback, useEffect, useRef, useState } from "react";
import { HubUnreachableError, isSignedOut, RefusedError } from "../hub/api";
import { mast, type Entrance } from "./api";
import { changePhoto, dropPhoto, keepPhoto, keptPhotos, type KeptPhoto } from "./kept";
import { base64Of } from "./photo";

const AGAIN_MS = 5_000;
/** What another try may mend: signing in, a slow line, and asking less often. */
const MAY_MEND = new Set([401, 408, 429]);

/** Whether the hub will never take this photo as it is. */
function refusedForGood(failure: unknown): failure is RefusedError {
  return failure instanceof RefusedError && failure.status < 500 && !MAY_MEND.has(failure.status);
}

export interface Photos {
  /** not sent yet, oldest first */
  waiting: readonly KeptPhoto[];
  add: (photo: Omit<KeptPhoto, "id" | "account" | "refused">) => Promise<void>;
  /** forget one that the hub refused */
  drop: (id: number) => Promise<void>;
}

interface Sending {
  put: (photo: KeptPhoto) => Promise<void>;
  refuse: (photo: KeptPhoto, why: string) => Promise<void>;
  onSignedOut: () => void;
}

/** Each of them once, in order; one that fails holds up no other as long as the hub answers. */
export async function sendEach(photos: readonly KeptPhoto[], { put, refuse, onSignedOut }: Sending): Promise<void> {
  for (const photo of photos) {
    try {
      await put(photo);
    } catch (failure) {
      if (refusedForGood(failure)) await refuse(photo, String(failure.problem.detail ?? failure.reason));
      else if (isSignedOut(failure)) return onSignedOut();
      else if (failure instanceof HubUnreachableError) return; // all of them later
      else if (!(failure instanceof RefusedError)) throw failure; // this one later, and the next one now
    }
  }
}

/** `onSent` is told what the hub has after each photo, `onSignedOut` that somebody has to sign in first. */
export function usePhotos(account: string, onSent: (deployment: string, entrances: Entrance[]) => void, onSignedOut: () => void): Photos {
  const [waiting, setWaiting] = useState<readonly KeptPhoto[]>([]);
  const sending = useRef(false);
  const told = useRef({ onSent, onSignedOut });
  told.current = { onSent, onSignedOut };

  const send = useCallback(async (): Promise<void> => {
    if (sending.current) return;
    sending.current = true;
    try {
      const photos = (await keptPhotos(account)).filter((one) => one.refused === null);
      await sendEach(photos, {
        put: async (photo) => {
          const sign = { entry: photo.entry, taken_at_us: photo.takenUs, position: photo.position, photo: await base64Of(photo.picture) };
          const entrances = await mast.putUp(photo.deployment, sign);
          await dropPhoto(photo.id);
          told.current.onSent(photo.deployment, entrances);
        },
        refuse: (photo, why) => changePhoto({ ...photo, refused: why }),
        onSignedOut: () => told.current.onSignedOut(),
      });
    } finally {
      sending.current = false;
      setWaiting(await keptPhotos(account));
    }
  }, [account]);

  useEffect(() => {
    const soon = (): void => void send();
    soon();
    const timer = window.setInterval(soon, AGAIN_MS);
    window.addEventListener("online", soon);
    return () => {
      window.clearInterval(timer);
      window.removeEventListener("online", soon);
    };
  }, [send]);

  const add = useCallback<Photos["add"]>(
    async (photo) => {
      await keepPhoto({ ...photo, account, refused: null });
      setWaiting(await keptPhotos(account));
      void send();
    },
    [account, send],
  );
  const drop = useCallback<Photos["drop"]>(
    async (id) => {
      await dropPhoto(id);
      setWaiting(await keptPhotos(account));
    },
    [account],
  );
  return { waiting, add, drop };
}
