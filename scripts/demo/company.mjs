// A consulting company with people at work: who they are, what they work on, how their weeks went.
// Made up, and the same every time for the same Monday.

/** Beside the projects of schema/demo.sql. */
export const PROJECTS = [
  { code: 'NORTH-03', name: 'Harbour crane telemetry', customer: 'Northern Ports AG' },
  { code: 'RAIL-9', name: 'Passenger information displays', customer: 'Lakeside Railways' },
  { code: 'CLINIC-2', name: 'Patient portal', customer: 'St. Anna Clinic' },
  { code: 'POWER-1', name: 'Smart meter roll-out', customer: 'Valley Power Cooperative' },
  { code: 'POWER-2', name: 'Outage map', customer: 'Valley Power Cooperative' },
  { code: 'BANK-12', name: 'Payments migration', customer: 'Merchant & Sons Bank' },
  { code: 'BANK-13', name: 'Fraud reports', customer: 'Merchant & Sons Bank' },
  { code: 'CITY-4', name: 'Parking permits online', customer: 'City of Linden' },
  { code: 'TRAINING', name: 'Training and conferences', customer: 'ABC Inc.' },
  { code: 'SALES', name: 'Offers and presales', customer: 'ABC Inc.' },
  { code: 'HOLIDAY', name: 'Holiday', customer: 'ABC Inc.' },
];

const person = (name, team, ...projects) => ({ name, team, projects, kind: 'employee' });
const contractor = (name, number, ...projects) => ({ name, number, projects, kind: 'contractor', team: 'contractors' });

/** Managers decide the weeks of their team; each other's too. */
export const MANAGERS = {
  ports: { name: 'Petra Lindqvist', projects: ['NORTH-01', 'SALES', 'INTERNAL'] },
  finance: { name: 'Tobias Okafor', projects: ['BANK-12', 'SALES', 'INTERNAL'] },
  public: { name: 'Helena Marek', projects: ['RAIL-7', 'CITY-4', 'INTERNAL'] },
};

export const PEOPLE = [
  person('Jonas Albrecht', 'ports', 'NORTH-01', 'NORTH-02'),
  person('Mirela Stan', 'ports', 'NORTH-01', 'NORTH-03'),
  person('Dario Conti', 'ports', 'NORTH-02', 'INTERNAL'),
  person('Aiko Tanaka', 'ports', 'NORTH-03'),
  person('Sven Håkansson', 'ports', 'NORTH-01', 'TRAINING'),
  person('Fatou Ndiaye', 'finance', 'BANK-12'),
  person('Grzegorz Wilk', 'finance', 'BANK-12', 'BANK-13'),
  person('Leonie Brandt', 'finance', 'BANK-13', 'SALES'),
  person('Samir Haddad', 'finance', 'BANK-12', 'TRAINING'),
  person('Eva Novotná', 'finance', 'BANK-13'),
  person('Tom Wheeler', 'public', 'RAIL-7', 'RAIL-9'),
  person('Ines Carvalho', 'public', 'CITY-4'),
  person('Yusuf Demir', 'public', 'RAIL-9', 'CITY-4'),
  person('Katrin Vogel', 'public', 'CLINIC', 'CLINIC-2'),
  person('Liam O’Connor', 'public', 'CLINIC-2', 'RAIL-7'),
  person('Noor van Dijk', 'public', 'POWER-1', 'POWER-2'),
];

/** Their hours come from a tool of their own, by upload. */
export const CONTRACTORS = [
  contractor('Beatriz Flores', '101', 'POWER-1'),
  contractor('Anders Holm', '102', 'NORTH-03'),
  contractor('Chiara Russo', '103', 'BANK-12'),
];

const NOTES = [
  'Sprint planning and refinement',
  'Interface to the booking system',
  'Review of open pull requests',
  'Test data for acceptance',
  'Workshop with the customer',
  'Bug fixes from the weekly list',
  'Migration rehearsal',
  'Documentation of the operations manual',
  'Performance of the nightly job',
  'Release and smoke tests',
  'Support of the pilot users',
  'Design of the report pages',
];

/** A small generator (mulberry32), so that a company looks the same on every machine. */
export function dice(seed) {
  let state = 0;
  for (const c of seed) state = (Math.imul(state, 31) + c.codePointAt(0)) | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The lines of one working week: dates are days from Monday, times are quarters of an hour. */
export function weekOf(who, week, days = 5) {
  const roll = dice(`${who.name} ${week}`);
  const lines = [];
  const holiday = roll(14) === 0 ? roll(5) : -1;
  for (let day = 0; day < days; day += 1) {
    if (day === holiday) {
      lines.push({ day, project: 'HOLIDAY', minutes: 480, note: '' });
      continue;
    }
    const first = 15 * (14 + roll(18));
    const rest = 480 + 15 * (roll(7) - 3) - first;
    const [one, other = 'INTERNAL'] = who.projects;
    lines.push({ day, project: one, minutes: first, note: NOTES[roll(NOTES.length)] });
    if (rest > 0) lines.push({ day, project: other, minutes: rest, note: NOTES[roll(NOTES.length)] });
  }
  if (roll(12) === 0)
    lines.push({ day: 5, project: who.projects[0], minutes: 15 * (8 + roll(12)), note: 'Cut-over on Saturday' });
  return lines;
}

/** What became of a past week: how many weeks ago it was decides most of it. */
export function fateOf(who, ago) {
  const roll = dice(`${who.name} fate ${ago}`)(100);
  if (ago === 0) return 'open';
  if (ago === 1)
    return roll < 10 ? 'missing' : roll < 22 ? 'open' : roll < 32 ? 'rejected' : roll < 75 ? 'submitted' : 'approved';
  if (ago === 2) return roll < 5 ? 'missing' : roll < 12 ? 'rejected' : roll < 25 ? 'submitted' : 'approved';
  return roll < 2 ? 'missing' : 'approved';
}

export const REASONS = [
  'Tuesday has no note: what was it for?',
  'Please book the workshop on NORTH-03, not on INTERNAL.',
  'Ten hours on Thursday: is that right?',
  'Saturday was not agreed with the customer.',
];
