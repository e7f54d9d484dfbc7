// What the page says of models that are fetched from a hub.

import type { HubProblemKind } from '../hub/get.ts';

interface ProblemFacts {
  host: string;
  repository: string;
  revision: string;
  amount: string;
}

const problems: Record<HubProblemKind, (facts: ProblemFacts) => string> = {
  offline: () => 'You are offline. Presets, paste and dropped files still work.',
  blocked: ({ host }) => `${host} could not be reached, or it does not allow this page to read the file. Open the file in a new tab, save it, and drop it here; or try another hub.`,
  timeout: ({ host }) => `${host} did not answer within 15 s. Try again, or save the file and drop it here.`,
  gated: ({ repository }) => `${repository} is gated, private or does not exist. Many such models are presets. Or sign in there, accept its licence, save config.json and drop it here.`,
  no_access: ({ repository }) => `Access to ${repository} is not granted. Ask for it on its page, then save config.json while signed in and drop it here.`,
  not_found: ({ repository, revision }) => `No config.json in ${repository} at ${revision}. Check the name and the revision. Repositories of GGUF files often have none: take the repository of the original model.`,
  too_large: ({ amount }) => `The file is larger than ${amount}, the most that is read. Check that it is the right one.`,
  odd_answer: ({ host, amount }) => `${host} answered in a way that is not understood (status ${amount}). Try again later, or save config.json and drop it here.`,
};

export const hub = {
  open: 'From a hub',
  title: 'Fetch from a hub',
  label: 'Repository id or address',
  help: 'An id such as Qwen/Qwen3-8B, or any address of its pages or files on huggingface.co, hf.co or modelscope.cn. Nothing is asked before you press Fetch.',
  unknown: 'This names no model on huggingface.co, hf.co, modelscope.cn or hf-mirror.com.',
  mirror: 'hf-mirror.com does not let other pages read its files. Open config.json there, save it, and drop it here:',
  saved: 'The saved copy of this page makes no requests. Open config.json, save it, and drop it here:',
  plan: (host: string, repository: string, revision: string) => `Fetch asks ${host} for the files of ${repository} at ${revision}: config.json and the list of its tensors. It sends no cookies and no address of this page.`,
  fetch: 'Fetch',
  running: 'Fetching…',
  from: (host: string, repository: string, commit: string) => `From ${host}: ${repository} at ${commit}.`,
  tensors: (total: string, files: string, read: string) => `Its tensors take ${total} in ${files} file(s); ${read} were read.`,
  noTensors: 'The list of its tensors could not be read.',
  problems,
};
