// What the page reads from the catalogue itself: the names for its lists and the addresses of the sources.

export interface Gpu {
  id: string;
  name: string;
  aliases: string[];
  vendor: string;
  marketed_memory: string;
}

export interface Preset {
  id: string;
  name: string;
  aliases: string[];
}

export interface Source {
  title: string;
  address?: string;
}

export interface Named {
  name: string;
}

/** An optimizer: whose it is, how it can step, and the arguments that change what it keeps. */
export interface Optimizer extends Named {
  library: string;
  options?: string[];
  implementations: { id: string }[];
  states: { only?: string }[];
}

/** A recipe that decides which tensor of a model has which format. */
export interface Recipe extends Named {
  quantization_config?: object;
  llama_file_type?: object;
}

export interface StorageFormat extends Named {
  /** A cache of keys and values may be asked for in it. */
  kv_cache?: true;
}

/** Whether an optimizer keeps its states of a projection, whose rank has to be said. */
export const projects = (optimizer: Optimizer | undefined): boolean => optimizer?.states.some(state => state.only === 'projected') ?? false;

/** Sources by id. Most are read where a formula is opened, and come then. */
export class Sources {
  #loading: Promise<void> | null = null;
  readonly #known: Map<string, Source>;

  constructor(
    known: Record<string, Source>,
    readonly load: () => Promise<string>,
  ) {
    this.#known = new Map(Object.entries(known));
  }

  get(id: string): Source | undefined {
    return this.#known.get(id);
  }

  /** The rest; a fetch that failed is tried again by the next who asks. */
  rest(): Promise<void> {
    return this.#loading ??= this.load().then(text => {
      for (const [id, source] of Object.entries(JSON.parse(text) as Record<string, Source>)) this.#known.set(id, source);
    }, () => {
      this.#loading = null;
    });
  }
}

export interface Catalog {
  date: string;
  gpus: Map<string, Gpu>;
  models: Map<string, Preset>;
  formats: Map<string, StorageFormat>;
  /** Recipes of one format: a data type, or a method without settings. */
  weightFormats: string[];
  /** Every recipe, those of one format first. */
  weightRecipes: string[];
  /** Of the formats, those that a cache may be asked for in. */
  cacheFormats: string[];
  engines: Map<string, Named>;
  quantizations: Map<string, Recipe>;
  optimizers: Map<string, Optimizer>;
  precisions: Map<string, Named>;
  stacks: Map<string, Named>;
  sources: Sources;
}

interface CatalogFile {
  date: string;
  gpus: Gpu[];
  models: Preset[];
  formats: Record<string, StorageFormat>;
  engines: Record<string, Named>;
  quantizations: Record<string, Recipe>;
  optimizers: Record<string, Optimizer>;
  precisions: Record<string, Named>;
  stacks: Record<string, Named>;
  sources: Record<string, Source>;
}

const byId = <T extends { id: string }>(entries: T[]): Map<string, T> => new Map(entries.map(entry => [entry.id, entry]));

function largestVendorFirst(gpus: Gpu[]): Gpu[] {
  const counts = new Map<string, number>();
  for (const { vendor } of gpus) counts.set(vendor, (counts.get(vendor) ?? 0) + 1);
  return gpus.toSorted((a, b) => (counts.get(b.vendor) ?? 0) - (counts.get(a.vendor) ?? 0));
}

// Widest first, as people think of them.
const widestFirst = ['fp32', 'bf16', 'fp16', 'fp8', 'int8', 'bnb_int8', 'int4', 'nf4', 'nf4_double_quant'];

export function readCatalog(text: string, loadSources: () => Promise<string>): Catalog {
  const file = JSON.parse(text) as CatalogFile;
  const formats = new Map([...widestFirst, ...Object.keys(file.formats)].flatMap(id => {
    const entry = file.formats[id];
    return entry ? [[id, entry] as const] : [];
  }));
  const weightFormats = [...formats.keys()].filter(id => id in file.quantizations && !('quantization_config' in (file.quantizations[id] ?? {})));
  return {
    date: file.date,
    gpus: byId(largestVendorFirst(file.gpus)),
    models: byId(file.models),
    formats,
    weightFormats,
    weightRecipes: [...weightFormats, ...Object.keys(file.quantizations).filter(id => !weightFormats.includes(id))],
    cacheFormats: [...formats].filter(([, format]) => format.kv_cache).map(([id]) => id),
    engines: new Map(Object.entries(file.engines)),
    quantizations: new Map(Object.entries(file.quantizations)),
    optimizers: new Map(Object.entries(file.optimizers)),
    precisions: new Map(Object.entries(file.precisions)),
    stacks: new Map(Object.entries(file.stacks)),
    sources: new Sources(file.sources, loadSources),
  };
}
