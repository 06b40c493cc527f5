import { gpsEpoch, gpsToDay, mjdToIsoDate } from '@gravity/geodesy';
import type { Variable } from './writer-variables.js';

/** What a file of ours says about itself. */
export interface SimulationNotes {
  /** Simulated (default), or computed from observations, as an orbit that was determined from positions. */
  readonly origin?: 'simulated' | 'computed';
  /** ISO 8601 UTC of the creation, e.g. 2026-11-24T12:00:00Z; given by the caller, so that bytes are reproducible. */
  readonly created: string;
  /** Who made the data. */
  readonly institution?: string;
  /** Version of the simulator. */
  readonly softwareVersion?: string;
  /** How the data came about: models, seeds, noise; one line each. */
  readonly history?: readonly string[];
}

export interface HeaderContent {
  readonly title: string;
  readonly summary: string;
  readonly source: string;
  readonly instrument: string;
  readonly platform: string;
  readonly variables: readonly Variable[];
  readonly recordCount: number;
  readonly startGpsSeconds: number;
  readonly stopGpsSeconds: number;
}

const WORDS = {
  simulated: {
    acknowledgement: 'Simulated data, not measured and not a product of the GRACE-FO mission or its agencies',
    creator: 'Gravity Processing Backend mission simulator',
    history: ['SIMULATED DATA'],
    adjective: 'simulated',
    noun: 'simulation',
    title: 'Simulation',
  },
  computed: {
    acknowledgement: 'Computed from observations, not a product of the GRACE-FO mission or its agencies',
    creator: 'Gravity Processing Backend',
    history: [],
    adjective: 'computed',
    noun: 'computation',
    title: 'Computation',
  },
} as const;

/**
 * YAML header with the keys and the variable list of release 04, saying in title, summary, source, history and
 * everything about the creator that the data are simulated, or computed here, and no product of the mission.
 */
export function simulatedHeader(content: HeaderContent, notes: SimulationNotes): string {
  const institution = notes.institution ?? 'Gravity Processing Backend';
  const history = notes.history ?? [];
  const words = WORDS[notes.origin ?? 'simulated'];
  const attributes: readonly (readonly [string, string | readonly string[]])[] = [
    ['acknowledgement', words.acknowledgement],
    ['conventions', 'CF-1.6, ACDD-1.3, ISO 8601'],
    ['creator_email', 'none'],
    ['creator_institution', institution],
    ['creator_name', words.creator],
    ['creator_type', 'group'],
    ['creator_url', 'none'],
    ['date_created', notes.created],
    ['date_issued', notes.created],
    ['history', [...words.history, ...history]],
    ['id', words.adjective],
    ['institution', institution],
    ['instrument', content.instrument],
    ['instrument_vocabulary', 'NASA Global Change Master Directory instrument keywords'],
    ['keywords', `GRACE-FO, ${content.instrument}, ${words.noun}`],
    ['keywords_vocabulary', 'NASA Global Change Master Directory (GCMD) Science Keywords'],
    ['license', 'none'],
    ['naming_authority', 'none'],
    ['platform', content.platform],
    ['platform_vocabulary', 'NASA Global Change Master Directory platform keywords'],
    ['processing_level', '1B'],
    ['product_version', '04'],
    ['program', words.noun],
    [
      'project',
      `${words.title} in the format of the Gravity Recovery And Climate Experiment Follow-On (GRACE-FO)`,
    ],
    ['publisher_email', 'none'],
    ['publisher_institution', institution],
    ['publisher_name', institution],
    ['publisher_type', 'group'],
    ['publisher_url', 'none'],
    ['references', 'GRACE-FO Level-1 Data Product User Handbook (JPL D-56935) for the format'],
    ['source', `${words.title}: ${content.source}`],
    ['summary', `${words.adjective.toUpperCase()}: ${content.summary}`],
    ['time_coverage_start', calendarTime(content.startGpsSeconds)],
    ['time_coverage_stop', calendarTime(content.stopGpsSeconds)],
    ['title', `GRACE-FO ${content.title} (${words.adjective})`],
  ];
  const lines = [
    'header:',
    '  dimensions:',
    `    num_records: ${content.recordCount}`,
    '  global_attributes:',
  ];
  for (const [key, value] of attributes) {
    if (typeof value === 'string') lines.push(`    ${key}: ${scalar(value)}`);
    else lines.push(`    ${key}:`, ...value.map((entry) => `      - ${JSON.stringify(entry)}`));
  }
  lines.push(
    '  non-standard_attributes:',
    '    epoch_time: 2000-01-01T12:00:00.00',
    `    software_build_time: ${notes.created}`,
    `    software_version: ${scalar(notes.softwareVersion ?? 'unknown')}`,
    `    start_time_epoch_secs: ${content.startGpsSeconds}`,
    `    stop_time_epoch_secs: ${content.stopGpsSeconds}`,
    '  variables:',
    ...content.variables.flatMap(([name, list], i) => [
      `    - ${name}:`,
      `        comment: ${ordinal(i + 1)} column`,
      ...Object.entries(list).flatMap(([key, value]) =>
        typeof value === 'string'
          ? [`        ${key}: ${value}`]
          : [`        ${key}:`, ...value.map((entry) => `          - ${entry}`)],
      ),
    ]),
    '# End of YAML header',
    '',
  );
  return lines.join('\n');
}

/** Plain when YAML reads it back as the same text, quoted otherwise. */
function scalar(text: string): string {
  return /^[A-Za-z0-9][\w ,.()+/<>-]*$/.test(text) && text === text.trim() ? text : JSON.stringify(text);
}

/** Calendar date and time in GPS time, as release 04 headers write time_coverage. */
function calendarTime(gpsSeconds: number): string {
  const { mjd, secondsOfDay } = gpsToDay(gpsEpoch(gpsSeconds), 'GPS');
  const two = (n: number) => String(n).padStart(2, '0');
  const whole = Math.floor(secondsOfDay);
  const time = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.00`;
  return `${mjdToIsoDate(mjd)}T${time}`;
}

function ordinal(n: number): string {
  const tail = n % 100 >= 11 && n % 100 <= 13 ? 0 : n % 10;
  return `${n}${['th', 'st', 'nd', 'rd'][tail] ?? 'th'}`;
}
