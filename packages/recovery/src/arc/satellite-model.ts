import { createEarthRotation, type EarthRotation, type Geopotential } from '@gravity/geodesy';
import { NodeForces, rotate, type VaryingForces } from '../dynamics/forces.js';
import { createNodeGrid, type NodeGrid } from '../dynamics/node-grid.js';
import { integrateOrbit, type Trajectory } from '../dynamics/orbit.js';
import { integrateStateTransition, type StateTransition } from '../dynamics/state-transition.js';
import { ArcError } from '../errors.js';
import { ArcForces } from '../forces/arc-forces.js';
import { varyingDegree } from '../forces/stokes-sources.js';
import type { ArcObservations, RecoverySetup, SatelliteArc } from '../types.js';
import { EmpiricalModel } from './empirical.js';
import { continuousQuaternions, interpolateSeries, quaternionMatrix } from './series-interpolation.js';

const MAX_GAP_SECONDS = 60;
/** A-priori standard deviations of the calibration, so weak that they only keep an arc solvable. */
const BIAS_SIGMA = 1e-4;
const SCALE_SIGMA = 10;

/**
 * The dynamics of one satellite in one arc: forces, their parameters, trajectory and its partials.
 * `calibration` holds the parameters of the accelerometer, then those of empirical accelerations. The accelerometer's
 * are per axis of the science reference frame: a = (1 + s)·a_measured + b + d·τ, with τ from −1
 * to 1 over the arc.
 */
export class SatelliteModel {
  readonly forces: NodeForces;
  readonly calibration: Float64Array;
  readonly calibrationNames: readonly string[];
  readonly calibrationWeights: Float64Array;
  trajectory: Trajectory | undefined;
  transition: StateTransition | undefined;
  /** Celestial to science reference frame, 9 per node. */
  private readonly attitude: Float64Array | undefined;
  /** m/s², science reference frame, 3 per node. */
  private readonly measured: Float64Array | undefined;
  private readonly empirical: EmpiricalModel;
  private readonly empiricalOffset: number;
  private readonly unit = new Float64Array(3);

  constructor(
    readonly grid: NodeGrid,
    field: Geopotential,
    readonly arc: SatelliteArc,
    setup: Pick<RecoverySetup, 'accelerometerBias' | 'accelerometerScale' | 'empiricalAccelerations'>,
    varying?: VaryingForces,
  ) {
    this.forces = new NodeForces(grid, field, undefined, varying);
    const names: string[] = [];
    if (arc.accelerometer) {
      if (!arc.attitude) {
        throw new ArcError(
          'attitude_missing',
          `${arc.satellite}: accelerometer data need star camera data (SCA1B) in the same interval`,
        );
      }
      const shift = (epochs: Float64Array) => epochs.map((t) => t - grid.startGpsSeconds);
      this.measured = interpolateSeries(
        `${arc.satellite} accelerometer`,
        shift(arc.accelerometer.gpsSeconds),
        arc.accelerometer.acceleration,
        3,
        grid.nodeSeconds,
        6,
        MAX_GAP_SECONDS,
      );
      const quaternions = interpolateSeries(
        `${arc.satellite} star camera`,
        shift(arc.attitude.gpsSeconds),
        continuousQuaternions(arc.attitude.quaternion),
        4,
        grid.nodeSeconds,
        6,
        MAX_GAP_SECONDS,
      );
      this.attitude = new Float64Array(9 * grid.nodeCount);
      for (let i = 0; i < grid.nodeCount; i++) {
        quaternionMatrix(quaternions, 4 * i, this.attitude.subarray(9 * i, 9 * i + 9));
      }
      for (const axis of ['x', 'y', 'z']) {
        if (setup.accelerometerBias !== 'none') names.push(`accelerometer bias_${axis}`);
      }
      for (const axis of ['x', 'y', 'z']) {
        if (setup.accelerometerBias === 'linear') names.push(`accelerometer drift_${axis}`);
      }
      for (const axis of ['x', 'y', 'z']) {
        if (setup.accelerometerScale) names.push(`accelerometer scale_${axis}`);
      }
    }
    this.empirical = new EmpiricalModel(grid, setup.empiricalAccelerations ?? []);
    this.empiricalOffset = names.length;
    this.calibrationNames = [...names, ...this.empirical.names];
    this.calibration = new Float64Array(this.calibrationNames.length);
    // Instrument biases exceed the accelerations by far: start from a signal without mean.
    if (setup.accelerometerBias !== 'none' && this.measured) {
      for (let i = 0; i < this.measured.length; i++)
        this.calibration[i % 3] -= this.measured[i] / grid.nodeCount;
    }
    this.calibrationWeights = Float64Array.from([
      ...names.map((name) => (name.includes(' scale') ? 1 / SCALE_SIGMA ** 2 : 1 / BIAS_SIGMA ** 2)),
      ...this.empirical.weights,
    ]);
  }

  /** Sensitivity of the acceleration (science frame axis and size) to calibration parameter p at node i. */
  private calibrationUnit(p: number, i: number): { axis: number; size: number } {
    const name = this.calibrationNames[p];
    const axis = 'xyz'.indexOf(name[name.length - 1]);
    if (name.includes(' scale')) return { axis, size: this.measured?.[3 * i + axis] ?? 0 };
    if (name.includes(' drift')) {
      return { axis, size: (2 * this.grid.nodeSeconds[i]) / this.grid.durationSeconds - 1 };
    }
    return { axis, size: 1 };
  }

  /** Partial of the acceleration in the terrestrial frame to calibration parameter p at node i. */
  calibrationPartial(p: number, i: number): [number, number, number] {
    if (p >= this.empiricalOffset) {
      const { unit } = this;
      if (!this.empirical.partial(p - this.empiricalOffset, i, unit)) return [0, 0, 0];
      return rotate(this.grid.rotation.subarray(9 * i, 9 * i + 9), unit[0], unit[1], unit[2]);
    }
    const { axis, size } = this.calibrationUnit(p, i);
    const m = this.attitude ?? new Float64Array(9);
    const k = 9 * i + 3 * axis;
    return rotate(
      this.grid.rotation.subarray(9 * i, 9 * i + 9),
      size * m[k],
      size * m[k + 1],
      size * m[k + 2],
    );
  }

  /** Takes an orbit that a model of the same satellite integrated from the same state and calibration. */
  take(trajectory: Trajectory, transition: StateTransition | undefined): void {
    this.trajectory = trajectory;
    if (this.empirical.names.length > 0) this.empirical.follow(trajectory);
    if (transition) this.transition = transition;
  }

  /**
   * Integrates the trajectory from an initial state with the present calibration, and its transition unless the one
   * of a neighbouring orbit is to be kept.
   */
  integrate(state: ArrayLike<number>, keepTransition = false): void {
    const { nodeCount } = this.grid;
    const extra = new Float64Array(3 * nodeCount);
    if (this.measured && this.attitude) {
      for (let i = 0; i < nodeCount; i++) {
        const a = [this.measured[3 * i], this.measured[3 * i + 1], this.measured[3 * i + 2]];
        for (let p = 0; p < this.empiricalOffset; p++) {
          const { axis, size } = this.calibrationUnit(p, i);
          a[axis] += this.calibration[p] * size;
        }
        const m = this.attitude;
        for (let c = 0; c < 3; c++) {
          extra[3 * i + c] = m[9 * i + c] * a[0] + m[9 * i + 3 + c] * a[1] + m[9 * i + 6 + c] * a[2];
        }
      }
      this.forces.nonGravitational = extra;
    }
    const empirical = this.empirical.names.length > 0;
    if (empirical) {
      this.empirical.addAccelerations(this.calibration.subarray(this.empiricalOffset), extra);
      this.forces.nonGravitational = extra;
    }
    this.trajectory = integrateOrbit(this.forces, state);
    if (empirical) this.empirical.follow(this.trajectory);
    if (!keepTransition || !this.transition) {
      this.transition = integrateStateTransition(this.forces, this.trajectory);
    }
  }
}

/** What the dynamics of a satellite depend on. */
export type DynamicsSetup = Pick<
  RecoverySetup,
  | 'referenceField'
  | 'earthRotation'
  | 'forces'
  | 'accelerometerBias'
  | 'accelerometerScale'
  | 'empiricalAccelerations'
>;

/** The satellites of an arc on one node grid, with the forces of the setup built once for all of them. */
export function satelliteModels(
  setup: DynamicsSetup,
  arc: Pick<ArcObservations, 'startGpsSeconds' | 'endGpsSeconds' | 'satellites'>,
  rotation: EarthRotation = createEarthRotation(setup.earthRotation),
  degree = setup.referenceField.maxDegree,
): readonly SatelliteModel[] {
  const { referenceField: field, forces } = setup;
  const highest = Math.max(degree, varyingDegree(forces, field));
  const grid = createNodeGrid(arc.startGpsSeconds, arc.endGpsSeconds, highest, rotation);
  const varying = forces ? new ArcForces(forces, field, grid, rotation) : undefined;
  return arc.satellites.map((satellite) => new SatelliteModel(grid, field, satellite, setup, varying));
}
