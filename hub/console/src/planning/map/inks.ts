// SPDX-License-Identifier: EUPL-1.2
// The map's colours, as the page's own sheet says them in the scheme of now: a canvas cannot read a variable.

const names = [
  "ground", "square", "street", "water", "building", "building-line", "tree", "trunk", "blind", "blind-ground", "level-1", "level-2",
  "level-3", "level-4", "edge", "ceiling", "ceiling-ground", "outside", "outside-ground", "area", "area-casing",
] as const;

export type InkName = (typeof names)[number];
export type Inks = Record<InkName, string>;

const known = new Map<string, Inks>();

/** Mixed colours come out as `color(srgb ...)`, which MapLibre does not read: a pixel tells what they are. */
function plain(colour: string, pixel: CanvasRenderingContext2D | null): string {
  if (pixel === null) return colour;
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

export function inksOf(element: HTMLElement): Inks {
  const scheme = document.documentElement.dataset["scheme"] ?? "";
  const before = known.get(scheme);
  if (before !== undefined) return before;
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--fz-map-${name})`;
    return [name, plain(window.getComputedStyle(probe).color, pixel)] as const;
  });
  probe.remove();
  const inks = Object.fromEntries(found) as Inks;
  known.set(scheme, inks);
  return inks;
}
