// A server that answers as the hubs do: over HTTPS under their names, with redirects to another host for large files, ranges, CORS
// and refusals. The browser is told to find those names here, so the page's own policy is tested as it stands.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

export const sha = '0123456789abcdef0123456789abcdef01234567';

export interface Asked {
  url: string;
  headers: IncomingHttpHeaders;
}

/** A file that is there whole, or its beginning alone with the size of the whole. */
export type Stored = string | Buffer | { begin: Buffer; size: number };
type Files = Record<string, Stored>;
/** What a repository does instead of giving its files. */
type Trouble = 'gated' | 'no_access' | 'silent' | 'endless' | 'no_cors' | 'broken' | 'not_json_list' | 'index_refused' | 'no_ranges' | 'too_many' | 'shards_refused' | 'slow_shards';

export interface Repository {
  files: Files;
  trouble?: Trouble;
}

const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'X-Repo-Commit, Accept-Ranges, Content-Range' };

function certificate(): { key: Buffer; cert: Buffer } {
  const folder = resolve('build', 'hub-server');
  mkdirSync(folder, { recursive: true });
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2',
    '-subj', '/CN=huggingface.co'], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

const sizeOf = (stored: Stored): number => (typeof stored === 'string' ? Buffer.byteLength(stored) : Buffer.isBuffer(stored) ? stored.length : stored.size);

/** Bytes of a file, zero behind a beginning that is all there is. */
function bytesOf(stored: Stored, first: number, end: number): Buffer {
  const begin = typeof stored === 'string' ? Buffer.from(stored) : Buffer.isBuffer(stored) ? stored : stored.begin;
  const part = begin.subarray(first, end);
  return Buffer.concat([part, Buffer.alloc(end - first - part.length)]);
}

function sendRange(request: IncomingMessage, response: ServerResponse, stored: Stored, knowsRanges: boolean): void {
  const size = sizeOf(stored);
  const range = knowsRanges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null;
  if (!range) {
    response.writeHead(200, cors).end(bytesOf(stored, 0, size));
    return;
  }
  const [first, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, size)];
  if (first >= end) return void response.writeHead(416, { ...cors, 'content-range': `bytes */${size}` }).end();
  response.writeHead(206, { ...cors, 'accept-ranges': 'bytes', 'content-range': `bytes ${first}-${end - 1}/${size}` }).end(bytesOf(stored, first, end));
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...cors, 'content-type': 'application/json', 'x-error-code': 'GatedRepo' }).end('{"error":"Access to this model is restricted."}');
}

/** Starts it; `repositories` are looked up at each request. */
export async function startHubServer(repositories: Record<string, Repository>): Promise<{ server: Server; port: number; asked: Asked[] }> {
  const asked: Asked[] = [];

  const file = (request: IncomingMessage, response: ServerResponse, repository: Repository, path: string): void => {
    const { trouble, files } = repository;
    const found = files[path];
    if (trouble === 'gated') return refuse(response, 401);
    if (trouble === 'no_access') return refuse(response, 403);
    if (trouble === 'silent') return;
    if (trouble === 'index_refused' && path.endsWith('.index.json')) return refuse(response, 403);
    if (trouble === 'too_many') return void response.writeHead(429, cors).end();
    if (trouble === 'shards_refused' && path.endsWith('.safetensors')) return refuse(response, 403);
    if (trouble === 'slow_shards' && path.endsWith('.safetensors')) return;
    if (trouble === 'broken') return void response.writeHead(503, cors).end('later');
    if (trouble === 'no_cors') return void response.writeHead(200).end('{}');
    if (trouble === 'endless') {
      response.writeHead(200, cors);
      const chunk = Buffer.alloc(1 << 20, 32);
      const pour = (): void => { while (!response.destroyed && response.write(chunk)); };
      response.on('drain', pour);
      return pour();
    }
    if (found === undefined) return void response.writeHead(404, cors).end('Entry not found');
    sendRange(request, response, found, trouble !== 'no_ranges');
  };

  const onHuggingFace = (request: IncomingMessage, response: ServerResponse, url: URL): void => {
    const list = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(url.pathname);
    const resolved = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const repository = repositories[(list ?? resolved)?.[1] ?? ''];
    if (!repository) return refuse(response, 401); // an anonymous caller is not told whether it exists
    if (list) {
      if (list[2] !== 'main' && list[2] !== sha) return void response.writeHead(404, cors).end('{"error":"Invalid rev id"}');
      if (repository.trouble === 'not_json_list') return void response.writeHead(200, cors).end('<!doctype html>');
      const sizes = url.searchParams.get('blobs') === 'true';
      const siblings = Object.entries(repository.files).map(([rfilename, stored]) => ({ rfilename, ...(sizes ? { size: sizeOf(stored) } : {}) }));
      return void response.writeHead(200, { ...cors, 'content-type': 'application/json' }).end(JSON.stringify({ sha, siblings }));
    }
    const path = decodeURIComponent(resolved![3]!);
    const stored = repository.files[path];
    if (stored !== undefined && /\.(safetensors|gguf)$/.test(path) && !repository.trouble) {
      return void response.writeHead(302, { ...cors, location: `https://cas-bridge.xethub.hf.co/${resolved![1]}/${path}?signed=1` }).end();
    }
    file(request, response, repository, path);
  };

  const onModelScope = (request: IncomingMessage, response: ServerResponse, url: URL): void => {
    const match = /^\/api\/v1\/models\/([^/]+\/[^/]+)\/repo(\/files)?$/.exec(url.pathname);
    const repository = repositories[match?.[1] ?? ''];
    if (!match || !repository) return void response.writeHead(404, cors).end('{"Code":10010205001,"Success":false}');
    if (match[2]) {
      const files = Object.entries(repository.files).map(([path, stored]) => ({ Path: path, Name: path, Type: 'blob', Revision: sha, Size: sizeOf(stored) }));
      return void response.writeHead(200, cors).end(JSON.stringify({ Code: 200, Data: { Files: files }, Success: true }));
    }
    file(request, response, repository, url.searchParams.get('FilePath') ?? '');
  };

  const server = createServer(certificate(), (request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
    const url = new URL(request.url ?? '/', `https://${host}`);
    asked.push({ url: url.href, headers: request.headers });
    if (request.method === 'OPTIONS') return void response.writeHead(405).end(); // the CDN's preflight fails: nothing may need one
    if (host === 'huggingface.co') return onHuggingFace(request, response, url);
    if (host === 'modelscope.cn') return onModelScope(request, response, url);
    const [, organisation, model, ...rest] = url.pathname.split('/');
    const stored = host === 'cas-bridge.xethub.hf.co' ? repositories[`${organisation}/${model}`] : undefined;
    if (stored) return file(request, response, stored, rest.join('/'));
    response.writeHead(404).end();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return { server, port: (server.address() as AddressInfo).port, asked };
}
