// Memory facts fit together: process <= driver <= nominal, and all within 10 % of the marketed text read as GiB.
// A process may get less than that where the memory is shared with the computer.
import { entriesOf } from '../read.mjs';

const order = ['process_total_mib', 'driver_total_mib', 'nominal_mib'];

function marketedMib(data) {
  return (Number.parseInt(data.marketed_memory, 10) * 1024) / data.devices;
}

function orderFindings({ file, data }) {
  const known = order.filter((key) => key in data.memory);
  return known.slice(1).flatMap((key, index) => {
    const smaller = known[index];
    if (data.memory[smaller].value <= data.memory[key].value) return [];
    return [{ file, message: `${smaller} ${data.memory[smaller].value} is more than ${key} ${data.memory[key].value}`, hint: 'Look the two numbers up again; they cannot both be right.' }];
  });
}

function distanceFindings({ file, data }) {
  const marketed = marketedMib(data);
  return order
    .filter((key) => key in data.memory && !(key === 'process_total_mib' && data.unified_memory))
    .filter((key) => Math.abs(data.memory[key].value - marketed) > marketed / 10)
    .map((key) => ({ file, message: `${key} ${data.memory[key].value} is more than 10 % from ${data.marketed_memory} (${marketed} MiB a device)`, hint: 'Check the number, marketed_memory and devices.' }));
}

export const rule = {
  id: 'memory-plausible',
  check(catalog) {
    return entriesOf(catalog, 'gpus').flatMap((entry) => [...orderFindings(entry), ...distanceFindings(entry)]);
  },
};
