// The way to the headers of files: a worker, so that a long index does not stop the page. The module behind it is loaded with the first file.

import type { CheckpointSummary, Outcome } from 'plimsoll-contract';
import type { Progress } from './reading.ts';
import type { HeadersNews, HeadersTask } from './worker.ts';

export function openCheckpoint(files: readonly File[], tell: (progress: Progress) => void): Promise<Outcome<CheckpointSummary>> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const answer = new Promise<Outcome<CheckpointSummary>>((resolve, reject) => {
    worker.addEventListener('message', (event: MessageEvent<HeadersNews>) => {
      const news = event.data;
      if ('progress' in news) tell(news.progress);
      else if ('answer' in news) resolve(news.answer);
      else reject(new Error(news.broken));
    });
    worker.addEventListener('error', event => reject(new Error(event.message)));
  });
  worker.postMessage({ files, base: document.baseURI } satisfies HeadersTask);
  return answer.finally(() => worker.terminate());
}
