// Why nothing, or not all, came from a hub, in the reader's words.

import type { PlimsollError } from 'plimsoll-contract';
import { HubProblem } from '../hub/get.ts';
import type { Unread } from '../hub/fetch-model.ts';
import type { Listing } from '../hub/repository.ts';
import type { HubAddress } from '../hub/address.ts';
import { hubOf } from '../hub/hosts.ts';
import type { View } from '../state.ts';

/** `file`: that was asked for; empty: the list of files. */
export function problemWords({ text, format }: View, problem: HubProblem, address: HubAddress, file: string): string {
  const { repository, revision } = address;
  const amount = problem.kind === 'too_large' ? format.text(problem.amount) : String(problem.amount);
  return text.hub.problems[problem.kind]({ host: hubOf(address).host, repository, revision, file, amount });
}

/** An error of the reader: why, and what to do. */
export const errorWords = ({ format }: View, error: PlimsollError): string =>
  format.language === 'zh' ? `${error.where}：${error.message_zh}${error.hint_zh}` : `${error.where}: ${error.message} ${error.hint}`;

export function unreadWords(view: View, unread: Unread, { address }: Listing): string {
  const { hub } = view.text;
  switch (unread.kind) {
    case 'problem': return hub.noHeaders(problemWords(view, unread.problem, address, 'model.safetensors'));
    case 'refused': return hub.noHeaders(errorWords(view, unread.error));
    case 'too_many_files': return hub.tooManyFiles(view.format.integer(unread.files), view.format.integer(unread.most));
    case 'pytorch_files': return hub.pytorchFiles;
    case 'skipped': return hub.skipped;
  }
}
