// Where each hub keeps what is fetched, and how it says which commit a branch stands at.

import type { HubAddress } from './address.ts';

export interface ListedFile {
  path: string;
  /** ModelScope names the last commit of every file by itself. */
  commit: string;
  /** null where the list does not say. */
  size: number | null;
}

export interface Hub {
  host: string;
  list: (address: HubAddress) => string;
  /** What the list says; null where it is not as the hub writes it. */
  readList: (answer: unknown) => ListedFile[] | null;
  file: (repository: string, file: ListedFile) => string;
  /** A page for people, where they can save the file while signed in. */
  page: (address: HubAddress, path: string) => string;
}

const path = (text: string): string => text.split('/').map(encodeURIComponent).join('/');
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const sizeOf = (value: unknown): number | null => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null);
const commit = /^[0-9a-f]{7,64}$/;

const huggingFacePage = (host: string) => ({ repository, revision }: HubAddress, file: string): string =>
  `https://${host}/${path(repository)}/blob/${encodeURIComponent(revision)}/${path(file)}`;

export const huggingFace: Hub = {
  host: 'huggingface.co',
  // with blobs, the list has the sizes
  list: ({ repository, revision }) => `https://huggingface.co/api/models/${path(repository)}/revision/${encodeURIComponent(revision)}?blobs=true`,
  readList(answer) {
    if (!isObject(answer) || typeof answer['sha'] !== 'string' || !commit.test(answer['sha']) || !Array.isArray(answer['siblings'])) return null;
    const { sha } = answer;
    return answer['siblings'].flatMap((each: unknown) =>
      (isObject(each) && typeof each['rfilename'] === 'string' ? [{ path: each['rfilename'], commit: sha, size: sizeOf(each['size']) }] : []));
  },
  file: (repository, file) => `https://huggingface.co/${path(repository)}/resolve/${file.commit}/${path(file.path)}`,
  page: huggingFacePage('huggingface.co'),
};

export const modelScope: Hub = {
  host: 'modelscope.cn',
  list: ({ repository, revision }) => `https://modelscope.cn/api/v1/models/${path(repository)}/repo/files?Revision=${encodeURIComponent(revision)}&Recursive=true`,
  readList(answer) {
    const data = isObject(answer) ? answer['Data'] : null;
    if (!isObject(data) || !Array.isArray(data['Files'])) return null;
    return data['Files'].flatMap((each: unknown) => (isObject(each) && each['Type'] !== 'tree' && typeof each['Path'] === 'string' && typeof each['Revision'] === 'string' && commit.test(each['Revision'])
      ? [{ path: each['Path'], commit: each['Revision'], size: sizeOf(each['Size']) }] : []));
  },
  file: (repository, file) => `https://modelscope.cn/api/v1/models/${path(repository)}/repo?Revision=${file.commit}&FilePath=${encodeURIComponent(file.path)}`,
  page: ({ repository, revision }, file) => `https://modelscope.cn/models/${path(repository)}/file/view/${encodeURIComponent(revision)}/${path(file)}`,
};

export const hubOf = ({ hub }: HubAddress): Hub => (hub === 'modelscope' ? modelScope : huggingFace);

/** The mirror lets no other page read its files: there is only its page to open. */
export const mirrorPage = huggingFacePage('hf-mirror.com');
