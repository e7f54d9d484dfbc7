// The face of the core in TypeScript: load the module once, then ask typed questions and get an Outcome.
// Every question crosses as a string and every answer comes back as one, so both sides hold plain values only.

import type { CatalogInfo, FileSize, FormatMatrix, FormatMatrixRequest, Inspection, ModelSummary, Outcome, Ranking, Report, Request, RuleTable, Totals } from 'plimsoll-contract';

export type * from 'plimsoll-contract';

/** What the compiled module exports. */
export interface CoreModule {
  load_catalog(catalogJson: string): string;
  report(requestJson: string): string;
  totals(requestJson: string): string;
  rank_devices(requestJson: string): string;
  format_matrix(requestJson: string): string;
  file_size(requestJson: string): string;
  read_model(requestJson: string): string;
  inspect_model(requestJson: string): string;
  rule_table(): string;
  version(): string;
}

export interface Plimsoll {
  report(request: Request): Outcome<Report>;
  /** The report as the core wrote it: the same bytes as the native program prints for the request. */
  reportText(request: Request): string;
  totals(request: Request): Outcome<Totals>;
  rankDevices(request: Request): Outcome<Ranking>;
  fileSize(request: Request): Outcome<FileSize>;
  formatMatrix(request: FormatMatrixRequest): Outcome<FormatMatrix>;
  readModel(request: Request): Outcome<ModelSummary>;
  inspectModel(request: Request): Outcome<Inspection>;
  ruleTable(): Outcome<RuleTable>;
  version(): string;
}

const parse = <T>(answer: string): Outcome<T> => JSON.parse(answer) as Outcome<T>;

/** Opens the core with its catalogue. Rejects only when the module or the catalogue itself is broken. */
export async function openPlimsoll(
  loadCore: () => Promise<CoreModule>,
  loadCatalog: () => Promise<string>,
): Promise<{ plimsoll: Plimsoll; catalogText: string }> {
  const [core, catalogText] = await Promise.all([loadCore(), loadCatalog()]);
  const loaded = parse<CatalogInfo>(core.load_catalog(catalogText));
  if (!loaded.ok) throw new Error(`${loaded.error.where}: ${loaded.error.message}`);
  const plimsoll: Plimsoll = {
    report: request => parse(core.report(JSON.stringify(request))),
    reportText: request => core.report(JSON.stringify(request)),
    totals: request => parse(core.totals(JSON.stringify(request))),
    rankDevices: request => parse(core.rank_devices(JSON.stringify(request))),
    fileSize: request => parse(core.file_size(JSON.stringify(request))),
    formatMatrix: request => parse(core.format_matrix(JSON.stringify(request))),
    readModel: request => parse(core.read_model(JSON.stringify(request))),
    inspectModel: request => parse(core.inspect_model(JSON.stringify(request))),
    ruleTable: () => parse(core.rule_table()),
    version: () => core.version(),
  };
  return { plimsoll, catalogText };
}
