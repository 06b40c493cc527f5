import { packedIndex, packedSize } from '../normals/packed.js';
import { formatSinexEpoch } from './epoch.js';
import type { SinexNormals, SinexParameter } from './types.js';

/** What `writeSinex` needs; indices of the parameters are given anew. */
export type SinexContent = Omit<SinexNormals, 'header' | 'statistics' | 'parameters'> & {
  readonly header: Omit<SinexNormals['header'], 'parameterCount' | 'version'>;
  readonly statistics: Omit<SinexNormals['statistics'], 'entries'>;
  readonly parameters: readonly Omit<SinexParameter, 'index'>[];
};

const RULE = `*${'-'.repeat(79)}`;

/**
 * SINEX 2.02 text of normal equations, in pieces of at most one row of the matrix. Fifteen significant digits, as
 * the format has them: reading it back gives the values to 1e-14 relative.
 *
 * @throws RangeError when a vector has not one value per parameter, a value is not finite, or a code does not fit
 */
export function* writeSinex(content: SinexContent): Generator<string, void, undefined> {
  const { header, reference, comments, statistics, parameters, matrix } = content;
  const n = parameters.length;
  if (n > 99_999) throw new RangeError(`SINEX numbers at most 99999 parameters, not ${n}`);
  if (matrix && matrix.length !== packedSize(n)) throw new RangeError('the matrix is no packed triangle');
  const [created, start, end] = [header.createdMjd, header.startMjd, header.endMjd].map(formatSinexEpoch);
  const count = String(n).padStart(5, '0');
  yield `%=SNX 2.02 ${header.agency} ${created} ${header.dataAgency} ${start} ${end} ${header.technique} ${count} ${header.constraint || '2'}\n${RULE}\n`;
  yield block(
    'FILE/REFERENCE',
    '*INFO_TYPE_________ INFO________________________________________________________',
    [...Object.entries(reference).map(([key, value]) => ` ${key.padEnd(18).slice(0, 18)} ${value}`)],
  );
  if (comments.length > 0)
    yield block(
      'FILE/COMMENT',
      undefined,
      comments.map((text) => ` ${text}`),
    );
  const entries: [string, number | undefined][] = [
    ['NUMBER OF OBSERVATIONS', statistics.observationCount],
    ['NUMBER OF UNKNOWNS', statistics.unknownCount ?? n],
    ['NUMBER OF DEGREES OF FREEDOM', statistics.degreesOfFreedom],
    ['VARIANCE FACTOR', statistics.varianceFactor],
    ['WEIGHTED SQUARE SUM OF O-C', statistics.weightedSquareSum],
  ];
  yield block(
    'SOLUTION/STATISTICS',
    '*____STATISTICAL_PARAMETER_____ _______VALUE(S)_______',
    entries.flatMap(([name, value]) =>
      value === undefined ? [] : [` ${name.padEnd(30)} ${statistic(value)}`],
    ),
  );
  const vectors = [
    ['SOLUTION/ESTIMATE', '___ESTIMATED_VALUE___ __STD_DEV__', content.estimate, content.estimateSigma],
    ['SOLUTION/APRIORI', '____APRIORI_VALUE____ __STD_DEV__', content.apriori, content.aprioriSigma],
    ['SOLUTION/NORMAL_EQUATION_VECTOR', '___RIGHT_HAND_SIDE___', content.rightHandSide, undefined],
  ] as const;
  for (const [name, title, values, sigmas] of vectors) {
    if (!values) continue;
    if (values.length !== n) throw new RangeError(`${name} has ${values.length} of ${n} values`);
    const lines = parameters.map((p, i) => {
      const deviation = name.endsWith('VECTOR') ? '' : ` ${exponential(sigmas?.[i] ?? 0, 5).padStart(11)}`;
      return `${parameterColumns(p, i)} ${exponential(values[i], 14).padStart(21)}${deviation}`;
    });
    yield block(name, `*INDEX _TYPE_ CODE PT SOLN _REF_EPOCH__ UNIT S ${title}`, lines);
  }
  if (matrix) yield* matrixBlock(n, matrix);
  yield '%ENDSNX\n';
}

function* matrixBlock(n: number, matrix: Float64Array): Generator<string> {
  yield '+SOLUTION/NORMAL_EQUATION_MATRIX U\n*PARA1 PARA2 _______PARA2+0_______ _______PARA2+1_______ _______PARA2+2_______\n';
  for (let i = 0; i < n; i++) {
    let text = '';
    for (let j = i; j < n; j += 3) {
      text += ` ${String(i + 1).padStart(5)} ${String(j + 1).padStart(5)}`;
      for (let k = j; k < Math.min(j + 3, n); k++) {
        text += ` ${exponential(matrix[packedIndex(n, i, k)], 14).padStart(21)}`;
      }
      text += '\n';
    }
    yield text;
  }
  yield `-SOLUTION/NORMAL_EQUATION_MATRIX U\n${RULE}\n`;
}

function block(name: string, title: string | undefined, lines: readonly string[]): string {
  return `${[`+${name}`, ...(title ? [title] : []), ...lines, `-${name}`, RULE].join('\n')}\n`;
}

function parameterColumns(p: Omit<SinexParameter, 'index'>, i: number): string {
  const code = p.degree === undefined ? p.code : String(p.degree);
  const solution = p.order === undefined ? p.solution : String(p.order);
  if (p.type.length > 6 || code.length > 4 || solution.length > 4 || p.unit.length > 4) {
    throw new RangeError(
      `parameter ${p.type} ${code} ${solution} ${p.unit} does not fit the columns of SINEX`,
    );
  }
  const epoch = formatSinexEpoch(p.epochMjd);
  const unit = (p.unit || '----').padEnd(4);
  return ` ${String(i + 1).padStart(5)} ${p.type.padEnd(6)} ${code.padStart(4)} -- ${solution.padStart(4)} ${epoch} ${unit} ${p.constraint || '2'}`;
}

const statistic = (value: number) =>
  (Number.isInteger(value) ? String(value) : value.toPrecision(17)).padStart(22);

/** %e with at least two digits of exponent. */
function exponential(value: number, digits: number): string {
  if (!Number.isFinite(value)) throw new RangeError('a value of the normal equations is not finite');
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
}
