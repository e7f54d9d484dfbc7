// What low-rank adapters add to a model, and what they keep in a step.

import type { Explained } from './en-terms.ts';

export const adapterTerms: Record<string, Explained> = {
  adapters: { name: 'Adapters', about: 'Small trained matrices beside frozen ones, and copies of the modules that are trained whole.' },
  'adapters.lora_A': { name: 'Matrix A', about: 'From a module’s input to the rank.' },
  'adapters.lora_B': { name: 'Matrix B', about: 'From the rank to the module’s output.' },
  'adapters.magnitude': { name: 'Magnitude', about: 'DoRA’s one number for each output.' },
  'adapters.modules_to_save': { name: 'Module trained whole', about: 'A trained copy; its frozen original stays among the weights.' },
  'saved.adapter_magnitude': { name: 'Magnitude and norms', about: 'DoRA’s scale of each output, and what it was computed from.' },
  'saved.adapter_result': { name: 'Adapter’s result', about: 'DoRA scales it, so both are kept.' },
  'saved.adapter_base_result': { name: 'Frozen matrix’s result', about: 'DoRA scales it too; behind dropout it is computed anew, in the adapter’s type.' },
  'saved.adapter_base_weight': { name: 'Weight in the adapter’s type', about: 'With dropout DoRA multiplies by the frozen weight again, in the adapter’s type.' },
  'saved.adapter_copy': { name: 'Adapter in the base’s type', about: 'Both matrices, cast to be added to the experts’ weights.' },
  'saved.adapter_merged_weight': { name: 'Weight with its adapter', about: 'A parameter that its module multiplies itself: the adapter is added to it, and the sum is kept.' },
  'saved.embedding_factor': { name: 'Embedding factor', about: 'The one number that this model’s embeddings are multiplied by, in the adapter’s type.' },
};
