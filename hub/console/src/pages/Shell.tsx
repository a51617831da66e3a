// SPDX-License-Identifier: EUPL-1.2
// After signing in: header, strip and navigation around the screen that the address names, and over it the line of the
// log that was asked for. One overview serves them all.
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { hub, HubUnreachableError, RefusedError } from "../hub/api";
import { useHubNow } from "../hub/now";
import { useOverview } from "../hub/overview";
import { useLineUp } from "../hub/changes";
import { useDrawer, usePath } from "../hub/place";
import { anyRecording, filmingIn, nextEndUs, openNow, useStanding } from "../hub/standing";
import type { Session } from "../hub/types";
import { useWords } from "../i18n/language";
import { Notice } from "../parts/Notice";
import { Skeleton } from "../parts/Skeleton";
import { useKeys } from "../parts/keys";
import { Alarms } from "./Alarms";
import { Header } from "./Header";
import { KeysDialog } from "./KeysDialog";
import { KeysFoot } from "./KeysFoot";
import { NoRight } from "./NoRight";
import { usePageTitle } from "./page-title";
import { OVERVIEW, screenOf, WALL } from "./screens";
import { Strip } from "./Strip";

const LINE_MAY_REST_MS = 10_000; // a line that is back within this was hardly away

/** Whether changes have come in late for a while. */
function useLate(offline: boolean): boolean {
  const up = useLineUp();
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (up || offline) return;
    const timer = window.setTimeout(() => setLate(true), LINE_MAY_REST_MS);
    return () => window.clearTimeout(timer);
  }, [up, offline]);
  return late;
}

const LogDrawer = lazy(() => import("./LogDrawer"));
const KeyBar = lazy(() => import("../people/KeyBar"));

interface Properties {
  session: Session;
  onEnded: () => void;
  onLeft: () => void;
}

export function Shell({ session, onEnded, onLeft }: Properties) {
  const { say } = useWords();
  const screen = screenOf(usePath(), session.role);
  const mine = screen.roles.includes(session.role);
  const drawer = useDrawer();
  const holder = useOverview(onEnded);
  const { overview, clock, refresh } = holder;
  const standing = useStanding(overview);
  const [endUs, setEndUs] = useState<number | null>(null);
  const nowUs = useHubNow(clock, endUs) ?? overview?.now_us ?? null;
  const open = nowUs === null ? [] : openNow(standing, nowUs);
  const films = filmingIn(open);
  const [stuck, setStuck] = useState(false);
  const [listed, setListed] = useState(false);
  const late = useLate(holder.offline);
  useKeys({ "?": () => setListed(true) });
  const heading = useRef<HTMLHeadingElement>(null);
  usePageTitle(say(screen.word));
  useEffect(() => heading.current?.focus(), [screen]);
  useEffect(() => setEndUs(nowUs === null ? null : nextEndUs(standing, nowUs)), [standing, nowUs]);
  // A window has just ended: whether anything follows is asked at once.
  const opened = useRef(0);
  useEffect(() => {
    if (open.length < opened.current) refresh();
    opened.current = open.length;
  }, [open.length, refresh]);

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
      <Header
        session={session}
        current={screen}
        demo={overview?.demo ?? session.demo}
        filming={films}
        recording={anyRecording(films, !holder.offline)}
        nowUs={nowUs}
        onSignOut={() => void signOut()}
      />
      {/* The overview and the wall are at length what the strip is in short. */}
      {(!(mine && (screen.path === OVERVIEW || screen.path === WALL)) || holder.offline || films.length === 0) && (
        <Strip holder={holder} standing={standing} nowUs={nowUs} />
      )}
      {late && (
        <p className="fz-late" role="status" data-testid="line-down">
          {say("line.down")}
        </p>
      )}
      {session.role !== "viewer" && screen.path !== "/people" && (
        <Suspense>
          <KeyBar session={session} onSignedOut={onEnded} />
        </Suspense>
      )}
      {overview !== null && <Alarms alarms={overview.alarms} nowUs={nowUs ?? overview.now_us} />}
      {stuck && (
        <Notice
          tone="lost"
          testid="sign-out-failed"
          title={say("header.signOutFailed")}
          hint={say("header.signOutFailedHint")}
        />
      )}
      <main className="fz-main" data-testid={screen.path === WALL && mine ? "wall" : "screen"}>
        <h1 className="fz-unseen" tabIndex={-1} ref={heading}>
          {say(screen.word)}
        </h1>
        {mine ? (
          <Suspense fallback={<Skeleton />}>
            <screen.show session={session} holder={holder} standing={standing} nowUs={nowUs} onSignedOut={onEnded} />
          </Suspense>
        ) : (
          <NoRight screen={screen} session={session} />
        )}
      </main>
      <KeysFoot screen={screen} onAll={() => setListed(true)} />
      {listed && (
        // The wall is dark in either scheme, and so is what lies over it.
        <div data-scheme={screen.path === WALL && mine ? "dark" : undefined}>
          <KeysDialog role={session.role} onClose={() => setListed(false)} />
        </div>
      )}
      {drawer !== null && (
        <Suspense>
          <LogDrawer index={drawer} />
        </Suspense>
      )}
    </>
  );
}
