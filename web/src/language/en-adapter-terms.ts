// What low-rank adapters add to a model, and what they keep in a step.

import type { Explained } from './en-terms.ts';

export const adapterTerms: Record<string, Explained> = {
  adapters: { name: 'Adapters', about: 'Small trained matrices beside frozen ones, and copies of the modules that are trained whole.' },
  'adapters.lora_A': { name: 'Matrix A', about: 'From a module’s input to the rank.' },
  'adapters.lora_B': { name: 'Matrix B', about: 'From the rank to the module’s output.' },
  'adapters.magnitude': { name: 'Magnitude', about: 'DoRA’s one number for each output.' },
  'adapters.modules_to_save': { name: 'Module trained whole', about: 'A trained copy; its frozen original stays among the weights.' },
};
