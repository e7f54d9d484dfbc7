// Styles that panels share: one typographic scale, figures, buttons, tables.

import { css } from 'lit';

export const shared = css`
  :host { display: block; font-size: var(--t1); color: var(--ink); }
  * { box-sizing: border-box; }
  h2 { font-size: var(--t2); font-weight: 600; line-height: 1.3; margin: 0; }
  h3 { font-size: var(--t0); font-weight: 600; color: var(--muted); margin: 24px 0 8px; }
  p { margin: 0; max-width: 70ch; }
  .intro { color: var(--muted); font-size: var(--t0); margin-top: 4px; }
  .section { padding-top: 56px; }
  .quantity, .figure { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .unit { font-weight: 400; color: var(--muted); }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  button { font: inherit; color: var(--accent); background: none; border: 0; padding: 0; min-height: 24px; min-width: 24px; cursor: pointer;
    text-align: start; }
  button:hover { text-decoration: underline; text-underline-offset: 3px; }
  button.firm { border: 1px solid var(--accent); border-radius: 4px; padding: 3px 12px; min-height: 32px; }
  button.firm:hover { text-decoration: none; background: var(--accent); color: var(--paper); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th { font-size: var(--t0); font-weight: 600; color: var(--muted); text-align: start; vertical-align: bottom; padding: 8px 16px 8px 0; }
  td { padding: 7px 16px 7px 0; border-top: 1px solid var(--rule); vertical-align: baseline; }
  th[scope='row'] { font-size: inherit; font-weight: 400; color: var(--ink); border-top: 1px solid var(--rule); vertical-align: baseline;
    padding: 7px 16px 7px 0; }
  .end { text-align: end; }
  td.end:last-child, th.end:last-child { padding-inline-end: 0; }
  summary { cursor: pointer; color: var(--accent); min-height: 24px; font-size: var(--t0); width: fit-content; }
  a { color: var(--accent); text-underline-offset: 3px; }
  code { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.9em; }
  @media (max-width: 640px) {
    .section { padding-top: 40px; }
    button { min-height: 44px; }
    button.firm { padding: 8px 16px; }
    summary { min-height: 44px; line-height: 44px; }
  }
`;

/** Fields are a label, a value and a line under it; no boxes. */
export const fields = css`
  .field { display: flex; flex-direction: column; min-width: 0; }
  .field > label, .label { font-size: var(--t0); color: var(--muted); line-height: 24px; white-space: nowrap; display: flex; gap: 6px; align-items: center; }
  .changed { width: 6px; height: 6px; border-radius: 50%; background: var(--accent); flex: none; }
  input[type='text'], select {
    font: inherit; font-variant-numeric: tabular-nums; color: var(--ink); background: none; border: 0; border-bottom: 1px solid var(--edge);
    border-radius: 0; padding: 4px 0; height: 36px; width: 100%; min-width: 0; text-overflow: ellipsis;
  }
  input[type='text']::placeholder { color: var(--muted); opacity: 1; }
  select { appearance: none; padding-inline-end: 20px; cursor: pointer; background-repeat: no-repeat;
    background-image: linear-gradient(45deg, transparent 50%, var(--muted) 50%), linear-gradient(-45deg, transparent 50%, var(--muted) 50%);
    background-position: right 6px center, right 1px center; background-size: 5px 5px; }
  option { background: var(--paper); color: var(--ink); }
  input[type='text']:hover, select:hover { border-bottom-color: var(--ink); }
  input[type='text']:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-bottom-color: transparent; }
  input[aria-invalid='true'] { border-bottom-color: var(--bad); border-bottom-width: 2px; }
  .problem { font-size: var(--t0); color: var(--bad); }
  .notice { font-size: var(--t0); color: var(--muted); line-height: 1.4; padding-top: 4px; max-width: 48ch; }
  @media (max-width: 640px) { input[type='text'], select { height: 44px; } }
`;
