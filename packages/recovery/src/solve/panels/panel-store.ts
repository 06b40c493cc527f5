/**
 * Where panels of a matrix are kept, by number. What was never written reads as zeros. Calls for different panels may
 * overlap in time; an array given must not be touched until its call has settled.
 */
export interface PanelStore {
  /** Fills `target` with the doubles of the panel from element `offset` on. */
  read(panel: number, offset: number, target: Float64Array): Promise<void>;
  write(panel: number, offset: number, source: Float64Array): Promise<void>;
}

/** Panels in memory: for tests, and where a matrix is to be handled in pieces though it would fit. */
export function memoryPanelStore(): PanelStore {
  const panels = new Map<number, Float64Array>();
  return {
    async read(panel, offset, target) {
      const known = panels.get(panel) ?? new Float64Array(0);
      target.fill(0);
      target.set(known.subarray(offset, offset + target.length));
    },
    async write(panel, offset, source) {
      let known = panels.get(panel) ?? new Float64Array(0);
      if (known.length < offset + source.length) {
        const grown = new Float64Array(offset + source.length);
        grown.set(known);
        panels.set(panel, grown);
        known = grown;
      }
      known.set(source, offset);
    },
  };
}
