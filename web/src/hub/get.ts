// One request to a hub: no cookies, no referrer, a limit on what is read, and an end to waiting.

import type { Bytes } from '../headers/reading.ts';

/** Why nothing came; the page has words for each. */
export type HubProblemKind = 'offline' | 'blocked' | 'timeout' | 'gated' | 'no_access' | 'not_found' | 'too_many' | 'too_large' | 'no_ranges' | 'odd_answer';

export class HubProblem extends Error {
  constructor(
    readonly kind: HubProblemKind,
    readonly url: string,
    /** Of odd_answer the status, of too_large the limit in bytes. */
    readonly amount = 0,
  ) {
    super(`${kind}: ${url}`);
  }
}

/** Without an answer, or without a byte more of it, for so long. */
const patience = 15_000;

export interface Got {
  bytes: Bytes;
  /** Of the whole file where the answer is a part of it and says so. */
  size: number | null;
}

const kinds: Record<number, HubProblemKind> = { 401: 'gated', 403: 'no_access', 404: 'not_found', 429: 'too_many' };

/** First byte and whole of "bytes 0-7/1234"; null where the header is kept from this page. */
function rangeOf(answer: Response): { first: number; whole: number } | null {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '');
  return match ? { first: Number(match[1]), whole: Number(match[2]) } : null;
}

async function readAll(body: ReadableStream<Uint8Array>, limit: number, partial: boolean, alive: () => void, url: string): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    alive();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (length <= limit) continue;
    await reader.cancel();
    if (!partial) throw new HubProblem('too_large', url, limit);
    break;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return partial ? whole.slice(0, limit) : whole;
}

/** Reads a file of at most `limit` bytes, or the part from `first` of at most so many. */
export async function get(url: string, limit: number, stop: AbortSignal, first?: number): Promise<Got> {
  stop.throwIfAborted();
  if (!navigator.onLine) throw new HubProblem('offline', url);
  const waiting = new AbortController();
  let timer = 0;
  const alive = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => waiting.abort(), patience);
  };
  const end = (): void => waiting.abort();
  stop.addEventListener('abort', end);
  alive();
  const part = first !== undefined;
  try {
    const answer = await fetch(url, {
      credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'follow', signal: waiting.signal,
      ...(part ? { headers: { Range: `bytes=${first}-${first + limit - 1}` } } : {}),
    });
    if (!answer.ok) throw new HubProblem(kinds[answer.status] ?? 'odd_answer', url, answer.status);
    const range = rangeOf(answer);
    // a host that knows no ranges sends the file from its beginning: enough where that is asked for, and cut off there
    if (part && answer.status !== 206 && first > 0) throw new HubProblem('no_ranges', url, answer.status);
    if (part && range && range.first !== first) throw new HubProblem('odd_answer', url, answer.status);
    const bytes = answer.body ? await readAll(answer.body, limit, part, alive, url) : new Uint8Array();
    return { bytes, size: range?.whole ?? null };
  } catch (error) {
    if (error instanceof HubProblem) throw error;
    if (stop.aborted) throw error;
    throw new HubProblem(waiting.signal.aborted ? 'timeout' : navigator.onLine ? 'blocked' : 'offline', url);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
    waiting.abort();
  }
}
