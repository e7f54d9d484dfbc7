// The way to the headers of files where the page is one file: a policy without other scripts allows no worker, so the page reads itself.

import type { CheckpointSummary, Outcome } from 'plimsoll-contract';
import { loadHeaders } from 'virtual:headers';
import { type HeaderFile, type Progress, onDisk, readHeaders } from './reading.ts';

export const openCheckpoint = async (files: readonly (File | HeaderFile)[], tell: (progress: Progress) => void): Promise<Outcome<CheckpointSummary>> =>
  readHeaders(await loadHeaders(document.baseURI), files.map(file => (file instanceof File ? onDisk(file) : file)), tell);
