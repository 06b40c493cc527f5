import { EphemerisRangeError, type FormatErrorCode, openEphemeris } from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { chunked, errorOf, fixture } from './helpers.js';

const open = (name: string, bytes: Uint8Array = fixture(`ephemeris/${name}`)) =>
  openEphemeris(chunked(bytes, 5000), { file: name });
const DE405 = 'unxp0003.405';
/** Named .430, but its number and constants are those of DE440. */
const EXCERPT = 'lnxp2023.430';
const DE440 = 'linux_p1550p2650.440';

/** DE405 by jplephem 2.24 on its own copy of the coefficients (PyPI de405 1997.1): km and km/s. */
const JPLEPHEM = [
  [
    'mercury',
    2452700.75,
    [20932470.045088064, -56267572.875160284, -32138205.91436845],
    [36.586732569585166, 16.832677732230458, 5.197306888069598],
  ],
  [
    'venus',
    2452912.1375,
    [-90005566.89085396, -56372879.59553699, -19637511.619359728],
    [18.900820964272526, -26.455369887946365, -13.09829460681292],
  ],
  [
    'earthMoonBarycentre',
    2452700.75,
    [-140076672.33021215, 43211562.72651551, 18732792.23176877],
    [-10.0736306700274, -25.968210836104404, -11.258711107167574],
  ],
  [
    'mars',
    2452912.1375,
    [207235020.2987111, -14327251.899052955, -12155155.032464989],
    [2.980579022630936, 23.873053130764717, 10.869021491499655],
  ],
  [
    'jupiter',
    2452700.75,
    [-565305598.5044713, 509220577.3883315, 232032305.34554094],
    [-9.353924977952296, -8.050046686724215, -3.222809089711749],
  ],
  [
    'saturn',
    2452912.1375,
    [-146128699.7132835, 1238666865.3292024, 517908241.536059],
    [-10.117854913729444, -1.146547542116196, -0.037995421939694345],
  ],
  [
    'uranus',
    2452700.75,
    [2564571722.466551, -1403943888.4902084, -651164976.414692],
    [3.4678065940577922, 5.068680814449429, 2.1709076596081904],
  ],
  [
    'neptune',
    2452912.1375,
    [3015343506.522106, -3064644392.83317, -1329446300.0231197],
    [3.999116691623871, 3.437049604586747, 1.3072406708232425],
  ],
  [
    'pluto',
    2452700.75,
    [-944580697.4954281, -4352044309.661905, -1073539878.2878782],
    [5.424563977046726, -1.3621299660930122, -2.059479563708846],
  ],
  [
    'sun',
    2452912.1375,
    [448787.90982678457, -465797.5783784053, -209465.63977839187],
    [0.008556719930633784, 0.009522166457407888, 0.0038160740790552255],
  ],
] as const;
const JPLEPHEM_MOON = [
  [
    2452700.75,
    [344668.908313674, -159456.24238979514, -106565.12846671302],
    [0.5125534658907426, 0.7921698490539086, 0.33661403576842747],
  ],
  [
    2452912.1375,
    [-213597.3809238789, -269930.8466116136, -118824.31888339843],
    [0.8574246227787824, -0.5546025119951198, -0.3461663521523969],
  ],
] as const;

/** pyerfa 2.0.1.5: heliocentric and barycentric Earth (epv00) and Moon (moon98), au and au/day. */
const ERFA = [
  {
    file: DE405,
    jd: 2452700.75,
    barycentreShift: 0,
    heliocentric: [
      -0.938158163172726, 0.29301275957827333, 0.12703640466642294, -0.005828205903814584,
      -0.015007726188146761, -0.0065064531543980505,
    ],
    barycentric: [
      -0.9363827225927157, 0.2888644818260465, 0.12522966763401205, -0.00582160690530651,
      -0.015003456075115103, -0.0065048118330272905,
    ],
    moon: [0.0023039742022020198, -0.0010658763171416852, -0.0007123271581967307],
  },
  {
    file: DE440,
    jd: 2451600.5,
    barycentreShift: 120e3,
    heliocentric: [
      -0.9091725312171994, 0.3593175497403437, 0.15578071451526704, -0.007091202669661148,
      -0.014552480244563229, -0.006309026988355101,
    ],
    barycentric: [
      -0.9159975615737895, 0.35630653081445995, 0.15469383228788755, -0.007085357536202665,
      -0.014558841037705718, -0.006311902262177831,
    ],
    moon: [-0.0015688969849770333, -0.0020612035283566477, -0.0006460919550051619],
  },
  {
    file: EXCERPT,
    jd: 2459999.5,
    barycentreShift: 120e3,
    heliocentric: [
      -0.895206000731426, 0.3867689999038743, 0.1676668483043146, -0.007606619412851123,
      -0.014346979556257198, -0.006219930872006249,
    ],
    barycentric: [
      -0.9041910405835962, 0.3863301075227527, 0.16770806381461045, -0.007605002130253462,
      -0.014355086569854595, -0.006223409056865682,
    ],
    moon: [0.0022780387287546183, 0.0009846364943147162, 0.0003816900189375395],
  },
] as const;

const patched = (bytes: Buffer, write: (b: Buffer) => unknown) => {
  write(bytes);
  return bytes;
};
const distance = (a: ArrayLike<number>, b: ArrayLike<number>, from = 0) =>
  Math.hypot(...[0, 1, 2].map((k) => a[k] - b[from + k]));

describe('JPL ephemerides', () => {
  it('reads headers of either byte order', async () => {
    const de405 = await open(DE405);
    expect(de405.denum).toBe(405);
    expect(de405.header.littleEndian).toBe(false);
    expect([de405.startJd, de405.endJd]).toEqual([2452624.5, 2453040.5]);
    expect(de405.header.recordLength).toBe(1018); // JPL's header.405: NCOEFF = 1018
    expect(de405.constants.size).toBe(156);
    expect(de405.constants.get('DENUM')).toBe(405);
    expect(de405.constants.get('EMRAT')).toBe(de405.earthMoonMassRatio);
    const de440 = await open(DE440);
    expect(de440.header.littleEndian).toBe(true);
    expect(de440.constants.size).toBe(645);
    expect(de440.constants.get('AU')).toBe(149597870.7);
    // the last names stand behind the 400th, outside the old table
    expect(de440.constants.get('DENUM')).toBe(440);
    expect(de440.header.constantNames.every((name) => /^\w+$/.test(name))).toBe(true);
    expect(de440.header.layout.ttMinusTdb).toBeUndefined();
  });

  it('agrees with jplephem', async () => {
    const de405 = await open(DE405);
    const check = (
      state: { position: Float64Array; velocity: Float64Array },
      p: readonly number[],
      v: readonly number[],
    ) => {
      // Both sum the same doubles in another order: 1e-13 of the distance (0.01 m at Jupiter), and a time of day
      // of 0.1375 written in one double (ulp 4.7e-10 day) allows 40 km/s · 2 µs on top for the split of the date.
      const size = Math.hypot(...p) * 1000;
      expect(
        distance(
          state.position,
          p.map((x) => x * 1000),
        ),
      ).toBeLessThan(1e-13 * size + 1e-3);
      expect(
        distance(
          state.velocity,
          v.map((x) => x * 1000),
        ),
      ).toBeLessThan(1e-7);
    };
    for (const [body, jd, p, v] of JPLEPHEM) check(de405.state(body, jd), p, v);
    for (const [jd, p, v] of JPLEPHEM_MOON) check(de405.geocentric('moon', jd), p, v);
  });

  it('agrees with the series of ERFA to their accuracy', async () => {
    for (const { file, jd, heliocentric, barycentric, moon, barycentreShift } of ERFA) {
      const de = await open(file);
      const au = de.astronomicalUnit;
      const earth = de.state('earth', jd);
      const sun = de.state('sun', jd);
      // epv00 against DE405, 1900–2100: at most 13.4 km and 4.9 mm/s (ERFA). DE440 counts the trans-Neptunian
      // objects, which moves the barycentre by about 100 km (Park et al. 2021, AJ 161:105)
      expect(
        distance(
          earth.position,
          barycentric.map((x) => x * au),
        ),
      ).toBeLessThan(13.4e3 + barycentreShift);
      expect(
        distance(
          earth.velocity,
          barycentric.map((x) => (x * au) / 86400),
          3,
        ),
      ).toBeLessThan(5e-3);
      const toSun = de.geocentric('sun', jd);
      expect(
        distance(
          toSun.position,
          heliocentric.map((x) => -x * au),
        ),
      ).toBeLessThan(11.2e3);
      expect(
        distance(
          toSun.velocity,
          sun.velocity.map((v, k) => v - earth.velocity[k]),
        ),
      ).toBeLessThan(1e-9);
      // moon98: at most 31.7 km (ERFA)
      expect(
        distance(
          de.geocentric('moon', jd).position,
          moon.map((x) => x * au),
        ),
      ).toBeLessThan(31.7e3);
    }
  });

  it('is consistent in itself', async () => {
    const de = await open(DE440);
    const jd = 2451555.123;
    const moonShare = 1 / (1 + de.earthMoonMassRatio);
    const [earth, moon, both] = (['earth', 'moon', 'earthMoonBarycentre'] as const).map((b) =>
      de.state(b, jd),
    );
    for (let k = 0; k < 3; k++) {
      // 1.5e11 m has an ulp of 3e-5 m
      expect(earth.position[k] * (1 - moonShare) + moon.position[k] * moonShare).toBeCloseTo(
        both.position[k],
        3,
      );
      expect(moon.position[k] - earth.position[k]).toBeCloseTo(de.geocentric('moon', jd).position[k], 3);
    }
    expect(Math.hypot(...de.state('solarSystemBarycentre', jd).position)).toBe(0);
    expect(Math.hypot(...de.geocentric('earth', jd).position)).toBe(0);
    // velocities are the derivatives of the positions: central difference over 20 s, Moon (error h²/6·|r'''| < 1e-6 m/s)
    const h = 10 / 86400;
    const [before, now, after] = [-h, 0, h].map((d) => de.geocentric('moon', jd, d));
    for (let k = 0; k < 3; k++) {
      expect((after.position[k] - before.position[k]) / 20).toBeCloseTo(now.velocity[k], 5);
    }
    const angles = de.librations(jd);
    expect(angles).toHaveLength(3);
    expect(Math.abs(angles?.[1] ?? 9)).toBeLessThan(0.5); // inclination of the lunar equator to the Earth's: 18–29°
  });

  it('is continuous where records and granules meet', async () => {
    for (const file of [DE405, EXCERPT]) {
      const de = await open(file);
      for (const body of ['mercury', 'earth', 'moon', 'sun', 'jupiter'] as const) {
        // Moon granules meet every 4 days; a second before and after, straight lines must meet. Chebyshev fits of
        // JPL join to 0.5 mm (Newhall 1989) up to centimetres (Mercury, Jupiter: ulp of 8e11 m is 1e-4 m).
        const seam = de.startJd + 32;
        const second = 1 / 86400;
        const [a, b] = [de.state(body, seam, -second), de.state(body, seam, second)];
        for (let k = 0; k < 3; k++) {
          const jump = b.position[k] - b.velocity[k] - (a.position[k] + a.velocity[k]);
          expect(Math.abs(jump)).toBeLessThan(0.08);
        }
      }
    }
  });

  it('names the date outside', async () => {
    const de = await open(EXCERPT);
    expect(() => de.state('sun', 2460048.6)).toThrow(EphemerisRangeError);
    expect(() => de.state('sun', 2460048.6)).toThrow(
      /lnxp2023.430: DE440 from JD 2459952.5 to 2460048.5 TDB.*2460048.6/,
    );
    expect(() => de.state('solarSystemBarycentre', 2459952.4)).toThrow(EphemerisRangeError);
    expect(() => de.state('sun', Number.NaN)).toThrow(EphemerisRangeError);
    expect(de.state('sun', de.endJd).position[0]).not.toBeNaN();
  });

  it('keeps only the records of the wanted interval', async () => {
    const part = await openEphemeris([fixture(`ephemeris/${DE405}`)], {
      file: DE405,
      startJd: 2452700,
      endJd: 2452720,
    });
    expect([part.startJd, part.endJd]).toEqual([2452688.5, 2452720.5]);
    const whole = await open(DE405);
    expect(part.state('venus', 2452701).position).toEqual(whole.state('venus', 2452701).position);
  });

  const damaged: readonly (readonly [string, (bytes: Buffer) => Uint8Array, FormatErrorCode])[] = [
    ['empty', () => new Uint8Array(0), 'empty_file'],
    ['short', (b) => b.subarray(0, 100), 'unknown_format'],
    ['text', () => Buffer.alloc(9000, 'ephemeris '), 'unknown_format'],
    ['cut in a record', (b) => b.subarray(0, b.length - 100), 'truncated'],
    ['header only', (b) => b.subarray(0, 2 * 8144), 'truncated'],
    ['pointer spoilt', (b) => patched(b, (x) => x.writeInt32LE(7, 2696 + 12)), 'bad_header'],
    ['count of constants spoilt', (b) => patched(b, (x) => x.writeInt32LE(-1, 2676)), 'bad_header'],
    ['dates of a record spoilt', (b) => patched(b, (x) => x.writeDoubleLE(2459999, 3 * 8144)), 'bad_time'],
  ];
  for (const [what, spoil, code] of damaged) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => open(EXCERPT, spoil(Buffer.from(fixture(`ephemeris/${EXCERPT}`)))));
      expect(error.code).toBe(code);
      expect(error.message).toContain(EXCERPT);
    });
  }
  it('wants an interval the file has', async () => {
    const bytes = fixture(`ephemeris/${EXCERPT}`);
    const error = await errorOf(() => openEphemeris([bytes], { file: EXCERPT, startJd: 2470000 }));
    expect(error.code).toBe('out_of_range');
  });
});
