// Prints what was measured beside its goal. A measurement, not a test: it fails only when it cannot measure.
import { headerTimes } from './headers.mjs';
import { loadPage } from './page.mjs';
import { sizes } from './size.mjs';
import { speeds } from './speed.mjs';

function print(title, rows) {
  console.log(`\n${title}`);
  for (const { name, value, unit, digits = 1, goal } of rows) {
    const met = goal === undefined ? '' : value <= goal ? 'met' : 'MISSED';
    const wanted = goal === undefined ? '' : `goal ${goal} ${unit}`;
    console.log(`  ${name.padEnd(52)}${value.toFixed(digits).padStart(10)} ${unit.padEnd(4)}${wanted.padStart(16)}  ${met}`);
  }
}

const page = await loadPage();
print('speed', await speeds());
print('headers', await headerTimes());
print('size', sizes(page.files));
print('page', [{ name: 'cold load to verdict, median', value: page.median, unit: 'ms', digits: 0, goal: 500 },
  { name: 'cold load to verdict, slowest', value: page.slowest, unit: 'ms', digits: 0 }]);
