// SPDX-License-Identifier: EUPL-1.2
// The console's own symbols on a 16 grid: filled, one weight, always beside the word that they stand for.

const shapes = {
  disc: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z",
  triangle: "M8 2.5 15 14H1Z",
  bars: "M3.5 3h3v10h-3ZM9.5 3h3v10h-3Z",
  cross: "M3.8 1.8 8 6l4.2-4.2 2 2L10 8l4.2 4.2-2 2L8 10l-4.2 4.2-2-2L6 8 1.8 3.8Z",
  ring: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8Zm0 1.7a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z",
  square: "M2.5 2.5h11v11h-11Zm1.8 1.8v7.4h7.4V4.3Z",
  shut: "M1.5 1.5h12l-12 12ZM14.5 2.5v12h-12Z",
  warning: "M8 1.5 15.5 14.5H.5ZM7.1 6v4.2h1.8V6Zm0 5.3v1.8h1.8v-1.8Z",
  tick: "M13.2 2.6 15 4.4 6.2 13.2 1 8 2.8 6.2l3.4 3.4Z",
  held: "M8 1.2 14.8 8 8 14.8 1.2 8Zm0 2.6L3.8 8 8 12.2 12.2 8Z",
  dark: "M2 3h12v10H2Zm1.8 1.8v6.4h8.4V4.8Zm-.3 7.6 8.2-9.2 1.4 1.2-8.2 9.2Z",
  clock: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8ZM7.1 4.4h1.8v3.3l2.4 1.8-1.1 1.5-3.1-2.4Z",
  arrow: "M9.2 3.2 14 8l-4.8 4.8-1.3-1.3 2.6-2.6H2V7.1h8.5L7.9 4.5Z",
  entry: "M6.8 1.8h2.4v2.4H6.8ZM5.2 6.2h4V12h1.6v2H5.2v-2h1.6V8.2H5.2Z",
  eye: "M8 3c3.4 0 6 2.1 7.5 5C14 10.9 11.4 13 8 13S2 10.9.5 8C2 5.1 4.6 3 8 3Zm0 1.7C5.6 4.7 3.7 6 2.5 8 3.7 10 5.6 11.3 8 11.3s4.3-1.3 5.5-3.3C12.3 6 10.4 4.7 8 4.7Zm0 .9a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8Z",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="fz-icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path fill="currentColor" fillRule="evenodd" d={shapes[name]} />
    </svg>
  );
}
