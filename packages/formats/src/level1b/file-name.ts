export interface Level1bFileName {
  /** GNV1B, KBR1B, … */
  readonly product: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** C, D (GRACE-FO), A, B (GRACE), Y or X (both). */
  readonly satellite: string;
  readonly version: string;
  readonly extension: string;
}

const PATTERN = /^([A-Z]{3}1[AB])_(\d{4}-\d{2}-\d{2})_([A-DXY])_(\d{2})\.([a-z]{3})$/;

/**
 * Parts of a Level-1 file name `PPPPP_YYYY-MM-DD_S_VV.txt`; the whole base name must match, so that AppleDouble
 * companions (`._GNV1B…`) are never taken for data.
 */
export function parseLevel1bFileName(name: string): Level1bFileName | undefined {
  const match = PATTERN.exec(name.slice(name.lastIndexOf('/') + 1));
  if (!match) return undefined;
  const [, product, date, satellite, version, extension] = match;
  return Number.isNaN(Date.parse(`${date}T00:00:00Z`))
    ? undefined
    : { product, date, satellite, version, extension };
}

/** Titles of release 04 headers, for files that lost their name. */
const PRODUCT_OF_TITLE: Readonly<Record<string, string>> = {
  'Level-1A Accelerometer Data': 'ACC1A',
  'Level-1B Accelerometer Data': 'ACC1B',
  'Level-1A Transformed Accelerometer Data': 'ACT1A',
  'Level-1B Transformed Accelerometer Data': 'ACT1B',
  'Level-1A Accelerometer Housekeeping Data': 'AHK1A',
  'Level-1B Accelerometer Housekeeping Data': 'AHK1B',
  'Level-1B Clock Offset Data': 'CLK1B',
  'Level-1B Intermediate GPS Navigation Data': 'GNI1B',
  'Level-1A GPS Navigation Data': 'GNV1A',
  'Level-1B GPS Navigation Data': 'GNV1B',
  'Level-1A GPS Phase and Range Data': 'GPS1A',
  'Level-1B GPS Phase and Range Data': 'GPS1B',
  'Level-1A IPU Housekeeping data': 'IHK1A',
  'Level-1B IPU Housekeeping data': 'IHK1B',
  'Level-1A IMU Data': 'IMU1A',
  'Level-1B IMU Data': 'IMU1B',
  'Level-1A K-Band Ranging Data': 'KBR1A',
  'Level-1B K-Band Ranging Data': 'KBR1B',
  'Level-1A LRI Housekeeping Data': 'LHK1A',
  'Level-1B LRI Housekeeping Data': 'LHK1B',
  'Level-1A LRI Log Messages': 'LLG1A',
  'Level-1B LRI Clock Offset Data': 'LLK1B',
  'Level-1A LRI Light Time Data': 'LLT1A',
  'Level-1A LRI Phase Data': 'LRI1A',
  'Level-1B LRI Range Data': 'LRI1B',
  'Level-1A LRI Steering Mirror Data': 'LSM1A',
  'Level-1B LRI Steering Mirror Data': 'LSM1B',
  'Level-1A Magnetometer and Torque Rod Data': 'MAG1A',
  'Level-1B Magnetometer and Torque Rod Data': 'MAG1B',
  'Level-1A Mass Data': 'MAS1A',
  'Level-1B Mass Data': 'MAS1B',
  'Level-1A KBR Phase Offset Data': 'PCI1A',
  'Level-1A State and Signal Travel Time Data': 'PLT1A',
  'Level-1A Star Camera Data': 'SCA1A',
  'Level-1B Star Camera Data': 'SCA1B',
  'Level-1A Thruster Data': 'THR1A',
  'Level-1B Thruster Data': 'THR1B',
  'Level-1B Clock Data': 'TIM1B',
  'Level-1A Tank Temperature and Pressure Data': 'TNK1A',
  'Level-1B Tank Temperature and Pressure Data': 'TNK1B',
  'Level-1B USO Frequency Data': 'USO1B',
};

/** Product of a header title, e.g. "GRACE-FO Level-1B K-Band Ranging Data" → KBR1B. */
export function productOfTitle(title: string): string | undefined {
  const start = title.indexOf('Level-1');
  return start < 0 ? undefined : PRODUCT_OF_TITLE[title.slice(start).replace(/ \(simulated\)$/, '')];
}
