// SPDX-License-Identifier: EUPL-1.2
// What films now and until when, and the pictures that a logged look opens.
import { EmptyWall } from "./EmptyWall";
import type { ScreenProperties } from "./screens";
import { Wall } from "./Wall";

export function WallScreen({ session, holder, standing, nowUs, onSignedOut }: ScreenProperties) {
  const { overview, offline, refresh } = holder;
  if (overview === null || nowUs === null) return null;
  if (standing.length === 0) return <EmptyWall next={overview.next} recent={overview.recent} nowUs={nowUs} />;
  return (
    <Wall
      session={session}
      standing={standing}
      overview={overview}
      hubAnswers={!offline}
      nowUs={nowUs}
      onChange={refresh}
      onSignedOut={onSignedOut}
    />
  );
}
