// SPDX-License-Identifier: EUPL-1.2
// Photos that wait on this phone: sent in their order as soon as there is a line, counted where the installer sees it.
import { useCallback, useEffect, useRef, useState } from "react";
import { HubUnreachableError, RefusedError } from "../hub/api";
import { mast, type Entrance } from "./api";
import { changePhoto, dropPhoto, keepPhoto, keptPhotos, type KeptPhoto } from "./kept";
import { base64Of } from "./photo";

const AGAIN_MS = 5_000;
const SESSION_OVER = 401;
const REFUSED_FOR_GOOD = new Set([409, 413, 422]);

export interface Photos {
  /** not sent yet, oldest first */
  waiting: readonly KeptPhoto[];
  add: (photo: Omit<KeptPhoto, "id" | "account" | "refused">) => Promise<void>;
  /** forget one that the hub refused */
  drop: (id: number) => Promise<void>;
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
      for (const photo of (await keptPhotos(account)).filter((one) => one.refused === null)) {
        const sign = { entry: photo.entry, taken_at_us: photo.takenUs, position: photo.position, photo: await base64Of(photo.picture) };
        try {
          const entrances = await mast.putUp(photo.deployment, sign);
          await dropPhoto(photo.id);
          told.current.onSent(photo.deployment, entrances);
        } catch (failure) {
          if (failure instanceof RefusedError && REFUSED_FOR_GOOD.has(failure.status)) {
            await changePhoto({ ...photo, refused: String(failure.problem.detail ?? failure.reason) });
          } else if (failure instanceof RefusedError && failure.status === SESSION_OVER) return told.current.onSignedOut();
          else if (failure instanceof HubUnreachableError || failure instanceof RefusedError) return; // later
          else throw failure;
        }
      }
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
