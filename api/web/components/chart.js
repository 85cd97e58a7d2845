/** A chart over the last ten minutes; its figures are said beside it, for whom a canvas says nothing. */
import { html, useEffect, useLayoutEffect, useRef } from "../vendor/htm-preact.js";
import uPlot from "../vendor/uplot.js";
import { clock, count } from "../format.js";

const SPAN_S = 600;
const HEIGHT = 168;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `lines`: `{name, label, colour}` with `name` of a column of `series` and `colour` a custom property. */
export function Chart({ title, series, lines, look }) {
  const place = useRef(null);
  const plot = useRef(null);

  useLayoutEffect(() => {
    const width = () => Math.max(200, place.current.clientWidth);
    plot.current = new uPlot(options(width(), lines), columnsOf(series, lines), place.current);
    const watch = new ResizeObserver(() => plot.current.setSize({ width: width(), height: HEIGHT }));
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      plot.current.destroy();
    };
  }, [look]);

  useEffect(() => {
    plot.current.setData(columnsOf(series, lines));
  }, [series.version, look]);

  const said = lines.map(({ name, label }) => `${label}: ${count(series.last(name) ?? 0)}`).join(", ");
  return html`<figure class="panel chart">
    <figcaption>
      <h3>${title}</h3>
      <ul class="legend">
        ${lines.map(
          ({ name, label, key }) =>
            html`<li key=${name} class=${key}><span class="swatch" aria-hidden="true"></span>${label} <b>${count(series.last(name) ?? 0)}</b></li>`,
        )}
      </ul>
    </figcaption>
    <div class="plot" ref=${place} role="img" aria-label=${`${title}. ${said}`}></div>
  </figure>`;
}

const columnsOf = (series, lines) => [series.columns.at, ...lines.map(({ name }) => series.columns[name])];

function options(width, lines) {
  const quiet = colour("--muted");
  const grid = { stroke: colour("--line"), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const lastTen = (_, __, newest) => {
    const end = Number.isFinite(newest) && newest > 0 ? newest : Date.now() / 1000;
    return [end - SPAN_S, end];
  };
  return {
    width,
    height: HEIGHT,
    padding: [6, 8, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 5 }, drag: { x: false, y: false } },
    scales: { x: { time: true, range: lastTen }, y: { range: (_, __, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.15))] } },
    axes: [
      { stroke: quiet, grid: { show: false }, ticks: grid, font, size: 26, values: (_, ticks) => ticks.map((at) => clock(at * 1000).slice(0, 5)), space: 64 },
      { stroke: quiet, grid, ticks: { show: false }, font, size: 44, values: (_, ticks) => ticks.map((value) => (Number.isInteger(value) ? count(value) : "")) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: stroke, fill }) => ({
        label,
        stroke: colour(stroke),
        fill: fill ? `${colour(stroke)}22` : undefined,
        width: 1.6,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}
