// SPDX-License-Identifier: EUPL-1.2
// The two pages there are: signing in, and the wall.
import { useCallback } from "react";
import { useSession } from "../hub/session";
import { SignInPage } from "./SignInPage";
import { WallPage } from "./WallPage";

export function Console() {
  const { state, signedIn, signedOut } = useSession();
  const ended = useCallback(() => signedOut("ended"), [signedOut]);
  const left = useCallback(() => signedOut("fresh"), [signedOut]);
  if (state.at === "in") return <WallPage session={state.session} onEnded={ended} onLeft={left} />;
  return <SignInPage checking={state.at === "checking"} why={state.at === "out" ? state.why : "fresh"} onSignedIn={signedIn} />;
}
