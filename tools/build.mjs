// usage: node tools/build.mjs STEP...    builds the named steps of steps.mjs
import { build } from './steps.mjs';

for (const name of process.argv.slice(2)) {
  if (!(await build(name))) process.exit(1);
}
