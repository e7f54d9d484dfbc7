// What people paste to name a model of a hub: a bare id, or any address of its pages and files.

export type HubName = 'huggingface' | 'modelscope' | 'mirror';

export interface HubAddress {
  hub: HubName;
  /** "org/name"; a few old models of Hugging Face have no organisation. */
  repository: string;
  /** A branch, a tag or a commit. */
  revision: string;
  /** Where the address was one of a file inside a folder: that folder, with a slash at its end; else empty. */
  folder: string;
  /** Where the address was one of a file: its path, else empty. */
  file: string;
  /** What follows a colon, as programs that run GGUF files write it: "org/name:Q4_K_M"; else empty. */
  quant: string;
}

const hosts: Record<string, HubName> = {
  'huggingface.co': 'huggingface', 'www.huggingface.co': 'huggingface', 'hf.co': 'huggingface', 'www.hf.co': 'huggingface',
  'modelscope.cn': 'modelscope', 'www.modelscope.cn': 'modelscope', 'hf-mirror.com': 'mirror', 'www.hf-mirror.com': 'mirror',
};
const usualRevision: Record<HubName, string> = { huggingface: 'main', mirror: 'main', modelscope: 'master' };

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
const bareId = /^([A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*)(?:@([A-Za-z0-9._/-]+))?$/;
/** First parts of addresses that name no model. */
const notModels = new Set(['datasets', 'spaces', 'docs', 'papers', 'collections', 'organizations', 'settings', 'blog', 'posts', 'chat', 'login', 'join', 'pricing', 'tasks']);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const inside = (path: string[], isFile: boolean): Pick<HubAddress, 'folder' | 'file'> => {
  const folders = isFile ? path.slice(0, -1) : path;
  return { folder: folders.length ? `${folders.join('/')}/` : '', file: isFile ? path.join('/') : '' };
};

const nothingInside = { folder: '', file: '', quant: '' };

function ofHuggingFace(hub: HubName, given: string[]): HubAddress | null {
  const parts = given[0] === 'api' && given[1] === 'models' ? given.slice(2) : given[0] === 'models' ? given.slice(1) : given;
  if (!parts[0] || notModels.has(parts[0])) return null;
  const views = new Set(['blob', 'tree', 'resolve', 'raw', 'edit', 'blame', 'commit', 'revision']);
  const long = parts[1] !== undefined && !views.has(parts[1]);
  const repository = long ? `${parts[0]}/${parts[1]}` : parts[0];
  if (!repository.split('/').every(part => name.test(part))) return null;
  const [view, revision, ...path] = parts.slice(long ? 2 : 1);
  if (!view || !views.has(view) || !revision) return { hub, repository, revision: usualRevision[hub], ...nothingInside };
  return { hub, repository, revision, ...nothingInside, ...inside(path, view !== 'tree') };
}

function ofModelScope(parts: string[], query: URLSearchParams): HubAddress | null {
  const at = parts.indexOf('models');
  const [organisation, model, view, ...rest] = parts.slice(at + 1);
  if (at < 0 || !organisation || !model || !name.test(organisation) || !name.test(model)) return null;
  const found = { hub: 'modelscope' as const, repository: `${organisation}/${model}`, revision: query.get('Revision') ?? usualRevision.modelscope, ...nothingInside };
  const asked = query.get('FilePath') ?? query.get('fileName');
  if (asked) return { ...found, ...inside(asked.split('/'), true), ...(view === 'file' && rest[1] ? { revision: rest[1] } : {}) };
  if (view === 'resolve' && rest[0]) return { ...found, revision: rest[0], ...inside(rest.slice(1), true) };
  if (view === 'file' && rest[1]) return { ...found, revision: rest[1], ...inside(rest.slice(2), true) };
  return found;
}

function readAddress(text: string): HubAddress | null {
  const bare = bareId.exec(text);
  if (bare && !(bare[1]!.split('/')[0]! in hosts)) return { hub: 'huggingface', repository: bare[1]!, revision: bare[2] ?? 'main', ...nothingInside };
  let url: URL;
  try {
    url = new URL(/^https?:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    return null;
  }
  const hub = hosts[url.hostname];
  if (!hub) return null;
  const parts = url.pathname.split('/').filter(Boolean).map(decoded);
  return hub === 'modelscope' ? ofModelScope(parts, url.searchParams) : ofHuggingFace(hub, parts);
}

/** null: this names no model of a hub that is known here. */
export function readHubAddress(pasted: string): HubAddress | null {
  const [, before, quant] = /^(.*\/[^/:]+):([A-Za-z0-9._-]+)$/.exec(pasted.trim()) ?? [];
  const address = readAddress((before ?? pasted.trim()).replace(/^hf:\/\//, ''));
  return address && { ...address, quant: quant ?? '' };
}
