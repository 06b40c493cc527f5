import type { ArcObservations, ForceModel, OrbitSetup } from '@gravity/recovery';

export function realOrbitData(options?: { readonly degree?: number; readonly hours?: number }): Promise<{
  readonly setup: OrbitSetup & { readonly forces: ForceModel };
  readonly arc: ArcObservations;
  readonly metadata: Readonly<Record<string, string>>;
  readonly field: { readonly name: string; readonly degree: number };
}>;
