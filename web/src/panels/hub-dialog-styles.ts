// How the dialog of hubs looks.

import { css } from 'lit';

export const hubDialogStyles = css`
  :host { display: contents; }
  dialog { width: min(640px, calc(100vw - 32px)); color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: 4px; padding: 24px; }
  dialog::backdrop { background: rgb(10 14 20 / 0.45); }
  dialog p { margin: 8px 0 16px; color: var(--muted); font-size: var(--t0); overflow-wrap: anywhere; }
  label { display: block; margin-top: 12px; font-size: var(--t0); color: var(--muted); }
  input { width: 100%; font: inherit; color: var(--ink); background: none; border: 1px solid var(--edge); border-radius: 4px; padding: 5px 8px; min-height: 32px; }
  .problem { border-inline-start: 3px solid var(--bad); padding-inline-start: 12px; color: var(--ink); }
  .problem button, .problem a { display: block; }
  ul { list-style: none; margin: 0; padding: 0; max-height: min(320px, 45vh); overflow-y: auto; border-block: 1px solid var(--rule); }
  li + li { border-top: 1px solid var(--rule); }
  li button { display: flex; justify-content: space-between; align-items: center; gap: 16px; width: 100%; padding: 5px 4px; font-size: var(--t0); }
  li button:disabled { color: var(--muted); cursor: default; text-decoration: none; }
  button.firm:disabled { color: var(--muted); border-color: var(--edge); background: none; cursor: default; }
  .file { overflow-wrap: anywhere; }
  .parts, li .quantity { color: var(--muted); }
  .progress { display: flex; gap: 12px; align-items: center; font-size: var(--t0); color: var(--muted); margin-top: 12px; }
  progress { flex: 1; height: 8px; min-width: 0; accent-color: var(--accent); }
  .actions { display: flex; flex-wrap: wrap; gap: 8px 24px; justify-content: flex-end; align-items: center; margin-top: 16px; }
`;
