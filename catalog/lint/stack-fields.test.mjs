import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule, trainingSchema } from './stack-fields.mjs';
import { readSchemas } from '../read.mjs';

const entry = (value) => ({ value, source: 'code' });
const stackWith = (defaults, methods) => fixture((files) => {
  files['stacks/program'] = { name: 'Program', defaults, ...(methods && { by_method: methods }), source: 'code' };
});
const messagesFor = (defaults, methods) => rule.check(stackWith(defaults, methods)).map(({ message }) => message);

test('fields of a training workload pass, beside a method too', () => {
  const lora = entry({ r: 8, target_modules: ['all-linear'], adapter_dtype: 'fp32' });
  assert.deepEqual(messagesFor({ precision: entry('bf16'), optimizer: entry({ id: 'blocks' }) }, { lora: { lora, use_reentrant: entry(false) } }), []);
});

test('a field that no training workload has is found, wherever it stands', () => {
  assert.match(messagesFor({ precison: entry('bf16') })[0], /^defaults\/precison is no field/);
  assert.match(messagesFor({}, { qlora: { load_in_4bit: entry(true) } })[0], /^by_method\/qlora\/load_in_4bit is no field/);
  for (const field of ['kind', 'method', 'stack']) assert.equal(messagesFor({ [field]: entry('lora') }).length, 1, field);
});

test("the format of a quantised base is a recipe's, and only QLoRA has one", () => {
  assert.deepEqual(messagesFor({}, { qlora: { weight_format: entry('bf16') } }), []);
  assert.match(messagesFor({}, { qlora: { weight_format: entry('nf3') } })[0], /^by_method\/qlora\/weight_format is "nf3"/);
  assert.match(messagesFor({}, { lora: { weight_format: entry('bf16') } })[0], /is no field/);
});

test('a value that no request may give is found', () => {
  assert.match(messagesFor({ recompute_granularity: entry('half') })[0], /^defaults\/recompute_granularity is not what a request may give/);
  assert.match(messagesFor({ lora: entry({ rank: 8 }) })[0], /^defaults\/lora is not what/);
  assert.match(messagesFor({ sequence_length: entry(0) })[0], /^defaults\/sequence_length is not what/);
});

test('without a schema of training workloads every stack is found', () => {
  const catalog = stackWith({});
  catalog.schemas = { ...catalog.schemas, 'request.schema.json': { $id: 'request.schema.json', type: 'object' } };
  assert.equal(rule.check(catalog).length, 1);
  assert.ok(trainingSchema(readSchemas()).properties.precision);
});
