// From the samples of the peers' tool: the verdict against the aims, and a picture of the CPU a request.
//   node report.mjs RESULTS.json CPU.svg
import fs from 'node:fs';
import { median, table } from './lib/table.mjs';

const OWN = 'timesheets';
const AIMS = [
  ['get', 'express', 0.4],
  ['get', 'go', 0.75],
  ['post', 'express', 0.45],
];
const TITLE = { get: 'GET, a list of 50', post: 'POST, stored durably' };

const [file, picture] = process.argv.slice(2);
const { samples } = JSON.parse(fs.readFileSync(file, 'utf8'));
const names = [...new Set(samples.map((sample) => sample.name))];
const of = (scenario, name) => samples.filter((sample) => sample.scenario === scenario && sample.name === name);
const both = (sample) => sample.app + sample.nginx;
const mid = (scenario, name, value) => median(of(scenario, name).map(value));
const least = (scenario, name) => Math.min(...of(scenario, name).map(both));

const rows = AIMS.filter(([scenario, peer]) => of(scenario, peer).length > 0 && of(scenario, OWN).length > 0).map(
  ([scenario, peer, aim]) => {
    const ratio = mid(scenario, OWN, both) / mid(scenario, peer, both);
    return [
      `${scenario.toUpperCase()}: CPU of workers and nginx, by ${peer}'s`,
      mid(scenario, OWN, both).toFixed(3),
      mid(scenario, peer, both).toFixed(3),
      ratio.toFixed(2),
      (least(scenario, OWN) / least(scenario, peer)).toFixed(2),
      `<= ${aim.toFixed(2)}`,
      ratio <= aim ? 'met' : 'missed',
    ];
  },
);
for (const scenario of ['get', 'post']) {
  for (const peer of names.filter(
    (name) => name !== OWN && of(scenario, name).length > 0 && of(scenario, OWN).length > 0,
  )) {
    const ours = mid(scenario, OWN, (s) => s.p99);
    const theirs = mid(scenario, peer, (s) => s.p99);
    const best = (name) => Math.min(...of(scenario, name).map((s) => s.p99));
    rows.push([
      `${scenario.toUpperCase()}: p99 in ms, by ${peer}'s`,
      ours.toFixed(2),
      theirs.toFixed(2),
      (ours / theirs).toFixed(2),
      (best(OWN) / best(peer)).toFixed(2),
      '<= 1.00',
      ours <= theirs ? 'met' : 'missed',
    ]);
  }
}
console.log('\nVerdict (medians of the rounds; "least" compares the least disturbed round of each)');
console.log(table(['', 'ours', 'theirs', 'ratio', 'least', 'aim', ''], rows));

// --- The picture --------------------------------------------------------------------------------

const plain = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function panel(scenario, top) {
  const list = names
    .filter((name) => of(scenario, name).length > 0)
    .map((name) => ({
      name,
      app: mid(scenario, name, (s) => s.app),
      nginx: mid(scenario, name, (s) => s.nginx),
      db: mid(scenario, name, (s) => s.db),
    }))
    .sort((a, b) => a.app + a.nginx - b.app - b.nginx);
  const scale = 460 / Math.max(...list.map((bar) => bar.app + bar.nginx + bar.db));
  const bars = list.map((bar, i) => {
    const y = top + 34 + i * 26;
    let x = 130;
    const parts = [
      ['app', '#1f5fa8'],
      ['nginx', '#6fa8dc'],
      ['db', '#c8c8c8'],
    ].map(([part, colour]) => {
      const width = bar[part] * scale;
      const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="18" fill="${colour}"/>`;
      x += width;
      return rect;
    });
    const weight = bar.name === OWN ? ' font-weight="bold"' : '';
    return (
      `<text x="122" y="${y + 14}" text-anchor="end"${weight}>${plain(bar.name)}</text>${parts.join('')}` +
      `<text x="${(x + 6).toFixed(1)}" y="${y + 14}"${weight}>${(bar.app + bar.nginx).toFixed(3)} ms</text>`
    );
  });
  return {
    height: 34 + list.length * 26 + 16,
    svg: `<text x="10" y="${top + 20}" font-size="15" font-weight="bold">${TITLE[scenario]}</text>${bars.join('')}`,
  };
}

if (picture) {
  let top = 60;
  const panels = ['get', 'post']
    .filter((scenario) => of(scenario, OWN).length > 0)
    .map((scenario) => {
      const { height, svg } = panel(scenario, top);
      top += height;
      return svg;
    });
  const legend = [
    ['workers or server', '#1f5fa8'],
    ['nginx', '#6fa8dc'],
    ['database (not in the figure)', '#c8c8c8'],
  ].map(
    ([text, colour], i) =>
      `<rect x="${10 + i * 165}" y="34" width="12" height="12" fill="${colour}"/><text x="${27 + i * 165}" y="45">${text}</text>`,
  );
  fs.writeFileSync(
    picture,
    `<svg xmlns="http://www.w3.org/2000/svg" width="700" height="${top + 10}" viewBox="0 0 700 ${top + 10}" font-family="sans-serif" font-size="13">` +
      `<title>CPU a request</title><rect width="700" height="${top + 10}" fill="#fff"/><text x="10" y="22" font-size="16" font-weight="bold">CPU time a request, in milliseconds</text>` +
      `${legend.join('')}${panels.join('')}</svg>\n`,
  );
  console.log(`\nA picture of the CPU a request is in ${picture}`);
}
