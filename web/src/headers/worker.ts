// The worker that reads headers, so that a long index does not stop the page. It ends with its answer. It asks nobody for anything: what lies
// at a hub the page fetches for it, under the page's own policy.

import { loadHeaders } from 'virtual:headers';
import { type Bytes, type HeaderFile, type Progress, onDisk, readHeaders } from './reading.ts';

/** A file that the page reads for the worker. */
export type Elsewhere = Pick<HeaderFile, 'name' | 'size'>;

export interface HeadersTask {
  files: readonly (File | Elsewhere)[];
  /** Address of the page: the module lies beside it. */
  base: string;
}

/** The bytes that were wanted. */
export interface HeadersBytes {
  bytes: Bytes;
}

export type HeadersNews =
  | { progress: Progress }
  | { wanted: { file: number; offset: number; size: number } }
  | { answer: Awaited<ReturnType<typeof readHeaders>> }
  | { broken: string };

const post = (news: HeadersNews): void => self.postMessage(news);

let take: (bytes: Bytes) => void = () => {};

const throughThePage = ({ name, size }: Elsewhere, file: number): HeaderFile => ({
  name,
  size,
  read: (offset, length) => new Promise(resolve => {
    take = resolve;
    post({ wanted: { file, offset, size: length } });
  }),
});

function begin({ files, base }: HeadersTask): void {
  const readers = files.map((file, i) => (file instanceof File ? onDisk(file) : throughThePage(file, i)));
  loadHeaders(base)
    .then(module => readHeaders(module, readers, progress => post({ progress })))
    .then(answer => post({ answer }), (error: unknown) => post({ broken: String(error) }));
}

self.addEventListener('message', (event: MessageEvent<HeadersTask | HeadersBytes>) => {
  if ('files' in event.data) begin(event.data);
  else take(event.data.bytes);
});
