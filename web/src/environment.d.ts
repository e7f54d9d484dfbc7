declare module 'virtual:core' {
  export const loadCore: () => Promise<import('../../wasm/plimsoll.ts').CoreModule>;
  export const loadCatalog: () => Promise<string>;
  export const loadSources: () => Promise<string>;
}

/** True in the build that is one file. */
declare const __SINGLE_FILE__: boolean;

declare module 'virtual:headers' {
  /** `base`: address of the page. */
  export const loadHeaders: (base: string) => Promise<import('./headers/reading.ts').HeadersModule>;
}
