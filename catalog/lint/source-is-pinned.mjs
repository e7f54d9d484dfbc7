// The address of code holds a commit or a version, so that it keeps saying the same.
import { entriesOf } from '../read.mjs';

const commit = /\/[0-9a-f]{7,40}(?=$|[/#?])/;
const tag = /\/(blob|tree|raw)\/v?[0-9]+(\.[0-9]+)+\//;
const packageVersion = /^(npm:@?[^@]+@|pypi:[^=]+==)[0-9][0-9A-Za-z.+-]*$/;
const movingCode = /^https:\/\/(github\.com|gitlab\.com)\/[^/]+\/[^/]+\/(blob|tree|raw)\/(?![0-9a-f]{7,40}(\/|$)|v?[0-9]+(\.[0-9]+)+\/)/;

export const rule = {
  id: 'source-is-pinned',
  check(catalog) {
    const findings = [];
    for (const { file, data } of entriesOf(catalog, 'sources')) {
      const address = data.address ?? '';
      const pinned = commit.test(address) || tag.test(address) || packageVersion.test(address);
      if (data.kind === 'code' && !pinned) {
        findings.push({ file, message: `"${address}" names no commit or version`, hint: 'Put the commit into the address (…/blob/<commit>/path), or the version (npm:name@1.2.3, pypi:name==1.2.3).' });
      }
      if (data.kind !== 'code' && movingCode.test(address)) {
        findings.push({ file, message: `"${address}" is a file of code on a branch`, hint: 'Set kind to code and put the commit into the address.' });
      }
    }
    return findings;
  },
};
