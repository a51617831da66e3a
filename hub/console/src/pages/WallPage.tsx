// SPDX-License-Identifier: EUPL-1.2
// After signing in: what films now and until when, and the pictures that a logged look opens.
import { useCallback, useEffect, useRef, useState } from "react";
import { hub, HubUnreachableError, RefusedError } from "../hub/api";
import { useHubNow } from "../hub/now";
import { useOverview } from "../hub/overview";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { EmptyWall } from "./EmptyWall";
import { Header } from "./Header";
import { usePageTitle } from "./page-title";
import { useStanding } from "./standing";
import { Strip } from "./Strip";
import { Wall } from "./Wall";

interface Properties {
  session: Session;
  onEnded: () => void;
  onLeft: () => void;
}

export function WallPage({ session, onEnded, onLeft }: Properties) {
  const { say } = useWords();
  const holder = useOverview(onEnded);
  const { overview, clock, refresh } = holder;
  const nowUs = useHubNow(clock) ?? overview?.now_us ?? null;
  const standing = useStanding(overview);
  const [stuck, setStuck] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  usePageTitle(say("page.wall"));
  useEffect(() => heading.current?.focus(), []);

  const signOut = useCallback(async () => {
    try {
      await hub.signOut();
    } catch (failure) {
      if (failure instanceof HubUnreachableError) return setStuck(true);
      if (!(failure instanceof RefusedError)) throw failure;
    }
    onLeft();
  }, [onLeft]);

  return (
    <>
      <Header session={session} overview={overview} nowUs={nowUs} onSignOut={() => void signOut()} />
      <Strip holder={holder} nowUs={nowUs} />
      {stuck && (
        <Notice
          tone="lost"
          testid="sign-out-failed"
          title={say("header.signOutFailed")}
          hint={say("header.signOutFailedHint")}
        />
      )}
      <main className="fz-main" data-testid="wall">
        <h1 className="fz-unseen" tabIndex={-1} ref={heading}>
          {say("page.wall")}
        </h1>
        {standing.length > 0 && nowUs !== null && (
          <Wall standing={standing} overview={overview} nowUs={nowUs} onChange={refresh} onSignedOut={onEnded} />
        )}
        {standing.length === 0 && overview && nowUs !== null && <EmptyWall next={overview.next} nowUs={nowUs} />}
      </main>
    </>
  );
}
