// SPDX-License-Identifier: EUPL-1.2
// What a phone can tell when it is asked: where it is, where its back looks, and the code in front of its camera. All of
// it stays on the phone, but for a place that goes along with a photo of a sign.
import type { Position } from "../hub/types";
import { useCallback, useEffect, useState, type RefObject } from "react";
import { lookingOf, type Looking } from "./aim";

const PLACE_WITHIN_MS = 8_000;
const PLACE_AGE_MS = 60_000;
const CODE_EVERY_MS = 250;
/** A claim code anywhere in what was read: ten letters and digits in two groups. */
const CODE = /\b([0-9A-HJKMNP-TV-Z]{5})-?([0-9A-HJKMNP-TV-Z]{5})\b/i;

/** Where the phone is; null where it does not know or may not say. */
export function whereAmI(): Promise<Position | null> {
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((resolve) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat_e7: Math.round(coords.latitude * 1e7), lon_e7: Math.round(coords.longitude * 1e7) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PLACE_WITHIN_MS, maximumAge: PLACE_AGE_MS },
    ),
  );
}

interface AskedForOrientation {
  requestPermission?: () => Promise<string>;
}

/** Where the back of the phone looks, once it was asked for; null where the phone has no compass. */
export function useCompass(): { looking: Looking | null; start: () => void } {
  const [looking, setLooking] = useState<Looking | null>(null);
  const [started, setStarted] = useState(false);
  useEffect(() => {
    if (!started) return;
    const heard = (event: Event): void => {
      const { alpha, beta, gamma, absolute } = event as DeviceOrientationEvent;
      const compass = (event as { webkitCompassHeading?: number }).webkitCompassHeading;
      const north = compass === undefined ? (absolute ? alpha : null) : 360 - compass;
      if (north !== null && beta !== null && gamma !== null) setLooking(lookingOf(north, beta, gamma));
    };
    const name = "ondeviceorientationabsolute" in window ? "deviceorientationabsolute" : "deviceorientation";
    window.addEventListener(name, heard);
    return () => window.removeEventListener(name, heard);
  }, [started]);
  const start = useCallback(() => {
    const asked = (window.DeviceOrientationEvent as unknown as AskedForOrientation | undefined)?.requestPermission;
    if (!asked) return setStarted(true);
    asked().then(
      (answer) => setStarted(answer === "granted"),
      () => setStarted(false),
    );
  }, []);
  return { looking, start };
}

interface Detector {
  detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]>;
}

type DetectorMaker = new (options: { formats: string[] }) => Detector;

function detectorMaker(): DetectorMaker | null {
  return (window as unknown as { BarcodeDetector?: DetectorMaker }).BarcodeDetector ?? null;
}

/** Whether this browser reads codes by itself. */
export function canScan(): boolean {
  return detectorMaker() !== null && "mediaDevices" in navigator;
}

/** The claim code in a text, as the hub takes it; null where there is none. */
export function codeIn(text: string): string | null {
  const found = CODE.exec(text.toUpperCase());
  return found ? `${found[1]}-${found[2]}` : null;
}

/** Shows the phone's camera in `video` while `on`, and tells the first claim code in it. */
export function useScanner(on: boolean, video: RefObject<HTMLVideoElement | null>, onCode: (code: string) => void, onNoCamera: () => void): void {
  useEffect(() => {
    const Maker = detectorMaker();
    if (!on || Maker === null) return;
    let gone = false;
    let stream: MediaStream | null = null;
    let timer = 0;
    const read = async (detector: Detector): Promise<void> => {
      const shown = video.current;
      const found = shown && shown.readyState >= shown.HAVE_CURRENT_DATA ? await detector.detect(shown) : [];
      const code = found.map(({ rawValue }) => codeIn(rawValue)).find((one) => one !== null);
      if (gone) return;
      if (code) onCode(code);
      else timer = window.setTimeout(() => void read(detector), CODE_EVERY_MS);
    };
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(
      (given) => {
        if (gone) return given.getTracks().forEach((track) => track.stop());
        stream = given;
        if (video.current) {
          video.current.srcObject = given;
          void video.current.play();
        }
        void read(new Maker({ formats: ["qr_code"] }));
      },
      () => {
        if (!gone) onNoCamera();
      },
    );
    return () => {
      gone = true;
      window.clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, [on, video, onCode, onNoCamera]);
}
