// SPDX-License-Identifier: EUPL-1.2
// What this phone keeps until it is done: where the installer was, so that a closed page or an empty battery loses
// nothing, and photos that could not be sent yet. In IndexedDB, by account; a photo goes as soon as the hub has it.
import type { Position } from "../hub/types";

export type Step = "unit" | "post" | "aim" | "signs" | "test";
export const STEPS: readonly Step[] = ["unit", "post", "aim", "signs", "test"];

/** The unit that is being hung, as far as it is known. */
export interface Job {
  step: Step;
  unit: string | null;
  camera: string | null;
  deployment: string | null;
  post: string | null;
  /** the fingerprint of its key, as the label has it: that key is placed, and no other */
  groups: string[] | null;
  /** until when an operator can confirm it; absent in what an older page kept */
  untilUs?: number | null;
  /** when a picture of it was seen on this phone */
  seenUs: number | null;
}

export const NEW_JOB: Job = { step: "unit", unit: null, camera: null, deployment: null, post: null, groups: null, seenUs: null };

export interface KeptPhoto {
  id: number;
  account: string;
  deployment: string;
  entry: string;
  takenUs: number;
  position: Position | null;
  picture: Blob;
  /** what the hub had against it; it is not sent again by itself */
  refused: string | null;
}

const NAME = "flexzicht-mast";
const JOBS = "jobs";
const PHOTOS = "photos";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the store failed"));
  });
}

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(JOBS);
      asked.result.createObjectStore(PHOTOS, { keyPath: "id", autoIncrement: true });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("the store does not open"));
  });
  return opened;
}

async function store(name: string, mode: IDBTransactionMode): Promise<IDBObjectStore> {
  return (await database()).transaction(name, mode).objectStore(name);
}

export async function keptJob(account: string): Promise<Job> {
  const found = (await settled((await store(JOBS, "readonly")).get(account))) as Job | undefined;
  return found ?? NEW_JOB;
}

export async function keepJob(account: string, job: Job): Promise<void> {
  await settled((await store(JOBS, "readwrite")).put(job, account));
}

export async function keptPhotos(account: string): Promise<KeptPhoto[]> {
  const all = (await settled((await store(PHOTOS, "readonly")).getAll())) as KeptPhoto[];
  return all.filter((photo) => photo.account === account);
}

export async function keepPhoto(photo: Omit<KeptPhoto, "id">): Promise<void> {
  await settled((await store(PHOTOS, "readwrite")).add(photo));
}

export async function changePhoto(photo: KeptPhoto): Promise<void> {
  await settled((await store(PHOTOS, "readwrite")).put(photo));
}

export async function dropPhoto(id: number): Promise<void> {
  await settled((await store(PHOTOS, "readwrite")).delete(id));
}
