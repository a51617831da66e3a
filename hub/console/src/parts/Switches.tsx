// SPDX-License-Identifier: EUPL-1.2
// The other language and the other scheme, each named by what pressing it gives.
import { language as spoken, switchLanguage, useWords } from "../i18n/language";
import { switchScheme, useScheme } from "../theme/scheme";
import { Button } from "./Button";

export function Switches() {
  const { say } = useWords();
  const scheme = useScheme();
  return (
    <>
      <Button kind="quiet" lang={spoken() === "nl" ? "en" : "nl"} data-testid="language" onClick={() => void switchLanguage()}>
        {say("switches.otherLanguage")}
      </Button>
      <Button kind="quiet" data-testid="scheme" onClick={switchScheme}>
        {scheme === "dark" ? say("switches.toLight") : say("switches.toDark")}
      </Button>
    </>
  );
}
