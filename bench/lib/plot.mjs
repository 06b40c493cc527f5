// Line and bar charts as SVG files.
import { writeFileSync } from 'node:fs';
import * as echarts from 'echarts';

/** Okabe & Ito (2008): distinguishable with any colour vision. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

function write(path, option, height) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 800, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: COLORS,
    textStyle: { fontFamily: 'sans-serif' },
    ...option,
  });
  writeFileSync(path, `${chart.renderToSVGString()}\n`);
  chart.dispose();
}

const titleOf = (title) => ({ text: title, left: 'center', textStyle: { fontSize: 15 } });
const axis = (name, more) => ({ name, nameLocation: 'middle', nameGap: 32, ...more });

/** Lines over two axes; `logarithmic` on both. Each series: name and points [x, y]. */
export function lines(path, { title, x, y, series, logarithmic = false, minimum }) {
  const type = logarithmic ? 'log' : 'value';
  const at = { customValues: [...new Set(series.flatMap(({ points }) => points.map(([value]) => value)))] };
  write(
    path,
    {
      title: titleOf(title),
      legend: { bottom: 0 },
      grid: { left: 80, right: 30, top: 50, bottom: 85 },
      xAxis: axis(x, { type, min: 'dataMin', max: 'dataMax', axisLabel: at, axisTick: at }),
      yAxis: axis(y, { type, nameGap: 55, ...(minimum !== undefined && { min: minimum }) }),
      series: series.map(({ name, points, dashed }) => ({
        name,
        type: 'line',
        data: points,
        ...(dashed ? { lineStyle: { type: 'dashed' }, symbol: 'none' } : { symbolSize: 8 }),
      })),
    },
    460,
  );
}

/** Horizontal bars, one a row, with whiskers from min to max and a line at the goal. */
export function bars(path, { title, unit, rows, goal }) {
  const names = rows.map(({ name }) => name).reverse();
  const values = rows.map(({ value }) => value).reverse();
  const ends = rows.map(({ low, high }) => [low, high]).reverse();
  write(
    path,
    {
      title: titleOf(title),
      grid: { left: 230, right: 70, top: 45, bottom: 50 },
      xAxis: axis(unit, { type: 'value' }),
      yAxis: { type: 'category', data: names, axisLabel: { width: 215, overflow: 'break' } },
      series: [
        {
          type: 'bar',
          data: values,
          barMaxWidth: 22,
          label: {
            show: true,
            position: 'right',
            color: '#333333',
            textBorderWidth: 0,
            distance: 14,
            formatter: ({ value }) => Number(value.toPrecision(3)),
          },
          ...(goal && {
            markLine: {
              symbol: 'none',
              label: { formatter: goal.name, position: 'end' },
              data: [{ xAxis: goal.value }],
              lineStyle: { color: '#d55e00', type: 'dashed' },
            },
          }),
        },
        {
          type: 'custom',
          data: ends.map(([low, high], i) => [low ?? values[i], high ?? values[i], i]),
          encode: { x: [0, 1], y: 2 },
          renderItem: (_, api) => {
            const [x1, y] = api.coord([api.value(0), api.value(2)]);
            const [x2] = api.coord([api.value(1), api.value(2)]);
            const style = { stroke: '#333333', lineWidth: 1.5 };
            const shape = (a, b, c, d) => ({ type: 'line', shape: { x1: a, y1: b, x2: c, y2: d }, style });
            return {
              type: 'group',
              children: [shape(x1, y, x2, y), shape(x1, y - 4, x1, y + 4), shape(x2, y - 4, x2, y + 4)],
            };
          },
          z: 10,
        },
      ],
    },
    110 + 34 * rows.length,
  );
}
