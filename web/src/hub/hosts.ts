// Where each hub keeps what is fetched, and how it says which commit a branch stands at.

import type { HubAddress } from './address.ts';

/** The files of a repository at one commit. */
export interface RepositoryFiles {
  /** The commit, for each file: ModelScope names the last commit of every file by itself. */
  commitOf: (file: string) => string;
  files: string[];
}

interface Hub {
  host: string;
  list: (address: HubAddress) => string;
  /** What the list says; null where it is not as the hub writes it. */
  readList: (answer: unknown) => RepositoryFiles | null;
  file: (repository: string, commit: string, path: string) => string;
  /** A page for people, where they can save the file while signed in. */
  page: (address: HubAddress, path: string) => string;
}

const path = (text: string): string => text.split('/').map(encodeURIComponent).join('/');
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const commit = /^[0-9a-f]{7,64}$/;

const huggingFacePage = (host: string) => ({ repository, revision }: HubAddress, file: string): string =>
  `https://${host}/${path(repository)}/blob/${encodeURIComponent(revision)}/${path(file)}`;

export const huggingFace: Hub = {
  host: 'huggingface.co',
  list: ({ repository, revision }) => `https://huggingface.co/api/models/${path(repository)}/revision/${encodeURIComponent(revision)}`,
  readList(answer) {
    if (!isObject(answer) || typeof answer['sha'] !== 'string' || !commit.test(answer['sha']) || !Array.isArray(answer['siblings'])) return null;
    const { sha } = answer;
    const files = answer['siblings'].flatMap((each: unknown) => (isObject(each) && typeof each['rfilename'] === 'string' ? [each['rfilename']] : []));
    return { files, commitOf: () => sha };
  },
  file: (repository, sha, file) => `https://huggingface.co/${path(repository)}/resolve/${sha}/${path(file)}`,
  page: huggingFacePage('huggingface.co'),
};

export const modelScope: Hub = {
  host: 'modelscope.cn',
  list: ({ repository, revision }) => `https://modelscope.cn/api/v1/models/${path(repository)}/repo/files?Revision=${encodeURIComponent(revision)}&Recursive=true`,
  readList(answer) {
    const data = isObject(answer) ? answer['Data'] : null;
    if (!isObject(data) || !Array.isArray(data['Files'])) return null;
    const commits = new Map<string, string>();
    for (const each of data['Files'] as unknown[])
      if (isObject(each) && typeof each['Path'] === 'string' && typeof each['Revision'] === 'string' && commit.test(each['Revision'])) commits.set(each['Path'], each['Revision']);
    return { files: [...commits.keys()], commitOf: file => commits.get(file) ?? '' };
  },
  file: (repository, sha, file) => `https://modelscope.cn/api/v1/models/${path(repository)}/repo?Revision=${sha}&FilePath=${encodeURIComponent(file)}`,
  page: ({ repository, revision }, file) => `https://modelscope.cn/models/${path(repository)}/file/view/${encodeURIComponent(revision)}/${path(file)}`,
};

/** The mirror lets no other page read its files: there is only its page to open. */
export const mirrorPage = huggingFacePage('hf-mirror.com');
