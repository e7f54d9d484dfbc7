// From files to a request: reads their headers, says how far it is, and asks about the model that they hold.

import { reload } from './language/index.ts';
import { openCheckpoint } from './headers/open.ts';
import type { Intake, Texts } from './panels/intake.ts';
import type { Asked, Store } from './state.ts';
import type { CheckpointSummary, ModelChoice, PlimsollError } from '../../wasm/plimsoll.ts';

/** The model that texts make: what they leave out is that of the model before. */
function described({ config, quantization }: Texts, before: ModelChoice): ModelChoice {
  const said = quantization === null ? {} : { quantization_config: quantization };
  if (config !== null) return { config, ...said };
  const { preset, config: known, parameter_count, quantization_config } = before;
  return { ...(known ? { config: known } : preset ? { preset } : parameter_count ? { parameter_count } : {}), ...(quantization_config ? { quantization_config } : {}), ...said };
}

/** A GGUF file describes its own layers. Other headers stand beside a config: the one that came with them, else the model on the page. */
const modelOf = (checkpoint: CheckpointSummary, texts: Texts, before: ModelChoice): ModelChoice =>
  checkpoint.kind === 'gguf' && texts.config === null ? { checkpoint } : { ...described(texts, before), checkpoint };

/** A part of the page itself did not arrive, or stopped. */
export const missingPart = (where: string, reason: string): PlimsollError => ({
  code: 'invalid_file', where, message: reason, hint: reload.en, message_zh: reason, hint_zh: reload.zh,
});

/** Takes configs and checkpoints for the page. Of two readings the later one counts. */
export function intakeFor(store: Store): Intake {
  let turn = 0;
  const ask = (model: ModelChoice): void => {
    const request: Asked = { ...store.state.request, model };
    delete request.weight_format; // the files say it
    store.update({ request });
  };
  return {
    texts: texts => {
      turn += 1;
      const { request } = store.state;
      store.update({ request: { ...request, model: described(texts, request.model) } });
    },
    checkpoint: (files, texts) => {
      const mine = (turn += 1);
      const fail = (error: PlimsollError): void => store.update({ reading: null, fileError: error });
      store.update({ reading: { file: files[0]?.name ?? '', read: 0, bytes: 0 }, fileError: null });
      openCheckpoint(files, reading => {
        if (mine === turn) store.update({ reading });
      }).then(outcome => {
        if (mine !== turn) return;
        if (outcome.ok) ask(modelOf(outcome.value, texts, store.state.request.model));
        else fail(outcome.error);
      }, (error: unknown) => {
        if (mine === turn) fail(missingPart('headers', String(error)));
      });
    },
  };
}
