// What the page says of models that are fetched from a hub.

import type { HubProblemKind } from '../hub/get.ts';

interface ProblemFacts {
  host: string;
  repository: string;
  revision: string;
  /** That was asked for; empty: the list of files. */
  file: string;
  /** Of too_large the limit, else the status. */
  amount: string;
}

const problems: Record<HubProblemKind, (facts: ProblemFacts) => string> = {
  offline: () => 'You are offline. Presets, paste and dropped files still work.',
  blocked: ({ host }) => `${host} could not be reached, or it does not allow this page to read the file. Open the file in a new tab, save it, and drop it here; or try another hub.`,
  timeout: ({ host }) => `${host} did not answer within 15 s. Try again, or save the file and drop it here.`,
  gated: ({ repository }) => `${repository} is gated, private or does not exist. Check the name. Or sign in there, accept its licence, save config.json and drop it here.`,
  no_access: ({ repository }) => `Access to ${repository} is not granted. Ask for it on its page, then save config.json while signed in and drop it here.`,
  not_found: ({ repository, revision, file }) => (file ? `No ${file} in ${repository} at ${revision}, and no GGUF file instead. Check the name, the revision and the folder.`
    : `${repository} has no revision ${revision}, or does not exist. Check the name and the revision.`),
  too_many: ({ host }) => `${host} was asked too often from your network and answers again in some minutes. Try again then, or save the file and drop it here.`,
  too_large: ({ file, amount }) => `${file || 'The list of files'} is larger than ${amount}, the most that is read. Check that it is the right one.`,
  no_ranges: ({ host }) => `${host} sends whole files where only their beginning is asked for, so the reading was ended. Save the file and drop it here: only its header is read.`,
  odd_answer: ({ host, amount }) => `${host} answered in a way that is not understood (status ${amount}). Try again later, or save config.json and drop it here.`,
};

export const hub = {
  open: 'From a hub',
  title: 'Fetch from a hub',
  label: 'Repository id or address',
  help: 'An id such as Qwen/Qwen3-8B, or any address of its pages or files on huggingface.co, hf.co or modelscope.cn; a GGUF file as well. Nothing is asked before you press Fetch.',
  unknown: 'This names no model on huggingface.co, hf.co, modelscope.cn or hf-mirror.com.',
  mirror: 'hf-mirror.com does not let other pages read its files. Open the file there, save it, and drop it here:',
  saved: 'The saved copy of this page makes no requests. Open the file, save it, and drop it here:',
  plan: (host: string, repository: string, revision: string) => `Fetch asks ${host} for the files of ${repository} at ${revision}: its list, config.json and the headers of the tensors, never the tensors. It sends no cookies and no address of this page.`,
  fetch: 'Fetch',
  running: 'Fetching…',
  progress: (files: string, of: string, bytes: string) => `${files} of ${of} headers, ${bytes}`,
  skip: 'Use the config alone',
  choose: (repository: string, count: string) => `${repository} has ${count} GGUF file(s). Choose one: only its header is read.`,
  parts: (count: string) => `(${count} parts)`,
  usePreset: (name: string) => `Use the preset ${name}`,
  from: (host: string, repository: string, commit: string) => `From ${host}: ${repository} at ${commit}.`,
  readOf: (read: string, whole: string) => `Read ${read} of ${whole}: headers only.`,
  alsoGguf: (count: string) => `It also has ${count} GGUF file(s)`,
  noHeaders: (why: string) => `The weights are counted from the config, for the headers of the files could not be read. ${why}`,
  tooManyFiles: (files: string, most: string) => `The weights are counted from the config: the tensors lie in ${files} files, and at most ${most} headers are fetched. Their names were compared with the index.`,
  pytorchFiles: 'The weights are counted from the config: PyTorch files have no header that could be read. The tensors’ names were compared with the index.',
  skipped: 'The weights are counted from the config: the headers of the files were not read.',
  problems,
};
