import { ARCSECOND } from './fundamental-arguments.js';

/** Fukushima–Williams angles of frame bias and precession, rad. */
export interface PrecessionAngles {
  readonly gamma: number;
  readonly phi: number;
  readonly psi: number;
  /** Mean obliquity of date ε_A. */
  readonly obliquity: number;
}

/**
 * Bias and precession IAU 2006 in Fukushima–Williams angles.
 *
 * @param t Julian centuries TT since J2000.0
 * @see Hilton et al. 2006; IERS Conventions 2010, section 5.6.4
 */
export function precessionAngles2006(t: number): PrecessionAngles {
  return {
    gamma: poly(t, [-0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.000000026]),
    phi: poly(t, [84381.412819, -46.811016, 0.0511268, 0.00053289, -0.00000044, -0.0000000176]),
    psi: poly(t, [-0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148]),
    obliquity: poly(t, [84381.406, -46.836769, -0.0001831, 0.0020034, -0.000000576, -0.0000000434]),
  };
}

function poly(t: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, c) => sum * t + c, 0) * ARCSECOND;
}
