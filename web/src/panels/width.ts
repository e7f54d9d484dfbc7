// How wide a panel is, for charts that are drawn in pixels.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Follows the width of its host and has it drawn anew where that changes. */
export class Width implements ReactiveController {
  /** Whole pixels; 0 before the first layout. */
  value = 0;
  readonly #observer: ResizeObserver;

  constructor(readonly host: ReactiveControllerHost & Element) {
    this.#observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width === this.value) return;
      this.value = width;
      host.requestUpdate();
    });
    host.addController(this);
  }

  hostConnected(): void {
    this.#observer.observe(this.host);
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
  }
}
