/** Amplitude of the permanent tide in the potential of degree 2, m (negative). IERS Conventions 2010, section 6.2.2. */
const H0_METERS = -0.3146;
/** 1/(R·√4π), 1/m. IERS Conventions 2010, eq. 6.8d. */
const A0_PER_METER = 4.4228e-8;

/**
 * Permanent part of the tide-generating potential as a normalized C̄20: times k20 it is what a tide-free and a
 * zero-tide C̄20 differ by. IERS Conventions 2010, eqs. 6.13 and 6.14.
 */
export const PERMANENT_TIDE_C20 = A0_PER_METER * H0_METERS;
