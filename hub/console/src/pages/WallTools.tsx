// SPDX-License-Identifier: EUPL-1.2
// What the wall's keys do, as buttons: which layout, find a camera, and all pictures off.
import { useWords } from "../i18n/language";
import { LAYOUTS, type Layout } from "../live/layout";
import { Button } from "../parts/Button";

interface Properties {
  layout: Layout;
  tiles: number;
  /** how many cameras the layout leaves out */
  hidden: number;
  off: boolean;
  canPutOff: boolean;
  onLayout: (layout: Layout) => void;
  onFind: () => void;
  onOff: () => void;
}

const names = { "1": "wall.layouts.one", "2x2": "wall.layouts.four", "1+5": "wall.layouts.six", "3x3": "wall.layouts.nine" } as const;

export function WallTools({ layout, tiles, hidden, off, canPutOff, onLayout, onFind, onOff }: Properties) {
  const { say } = useWords();
  return (
    <section className="fz-tools" aria-label={say("wall.tools")} data-density="compact">
      {tiles > 1 && (
        <div className="fz-tools__row">
          {LAYOUTS.map((one) => (
            <Button
              key={one}
              kind={one === layout ? "secondary" : "quiet"}
              aria-pressed={one === layout}
              aria-label={say("wall.layout", { layout: say(names[one]) })}
              onClick={() => onLayout(one)}
              data-testid={`layout-${one}`}
            >
              {say(names[one])}
            </Button>
          ))}
        </div>
      )}
      {hidden > 0 && <p className="fz-panel__muted">{say("wall.hiddenTiles", { count: hidden })}</p>}
      {off && (
        <p className="fz-tools__off" role="status" data-testid="pictures-off">
          {say("wall.offHint")}
        </p>
      )}
      <div className="fz-tools__deeds">
        {tiles > 1 && (
          <Button kind="secondary" onClick={onFind} data-testid="find-open">
            {say("wall.find")}
          </Button>
        )}
        {(off || canPutOff) && (
          <Button kind={off ? "primary" : "secondary"} onClick={onOff} data-testid="off">
            {off ? say("wall.on") : say("wall.off")}
          </Button>
        )}
      </div>
    </section>
  );
}
