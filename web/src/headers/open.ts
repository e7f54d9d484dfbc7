// The way to the headers of files: a worker, so that a long index does not stop the page. The module behind it is loaded with the first file.

import type { CheckpointSummary, Outcome } from 'plimsoll-contract';
import type { HeaderFile, Progress } from './reading.ts';
import type { HeadersBytes, HeadersNews, HeadersTask } from './worker.ts';

/** Rejects with what a file's own reading rejects with, and at once when it is stopped. */
export function openCheckpoint(files: readonly (File | HeaderFile)[], tell: (progress: Progress) => void, stop?: AbortSignal): Promise<Outcome<CheckpointSummary>> {
  if (stop?.aborted) return Promise.reject(stop.reason);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const answer = new Promise<Outcome<CheckpointSummary>>((resolve, reject) => {
    const give = async ({ file, offset, size }: { file: number; offset: number; size: number }): Promise<void> => {
      const bytes = await (files[file] as HeaderFile).read(offset, size);
      worker.postMessage({ bytes } satisfies HeadersBytes);
    };
    stop?.addEventListener('abort', () => reject(stop.reason));
    worker.addEventListener('message', (event: MessageEvent<HeadersNews>) => {
      const news = event.data;
      if ('progress' in news) tell(news.progress);
      else if ('wanted' in news) give(news.wanted).catch(reject);
      else if ('answer' in news) resolve(news.answer);
      else reject(new Error(news.broken));
    });
    worker.addEventListener('error', event => reject(new Error(event.message)));
  });
  const task: HeadersTask = { files: files.map(file => (file instanceof File ? file : { name: file.name, size: file.size })), base: document.baseURI };
  worker.postMessage(task);
  return answer.finally(() => worker.terminate());
}
