// The worker that reads headers, so that a long index does not stop the page. It ends with its answer.

import { loadHeaders } from 'virtual:headers';
import { type Progress, readHeaders } from './reading.ts';

export interface HeadersTask {
  files: readonly File[];
  /** Address of the page: the module lies beside it. */
  base: string;
}

export type HeadersNews = { progress: Progress } | { answer: Awaited<ReturnType<typeof readHeaders>> } | { broken: string };

const post = (news: HeadersNews): void => self.postMessage(news);

self.addEventListener('message', (event: MessageEvent<HeadersTask>) => {
  const { files, base } = event.data;
  loadHeaders(base)
    .then(module => readHeaders(module, files, progress => post({ progress })))
    .then(answer => post({ answer }), (error: unknown) => post({ broken: String(error) }));
});
