// Civil dates as the API sees them, in the zone of the company.
const ZONE = 'Europe/Berlin';
const DAY_MS = 86_400_000;

const text = (ms) => new Date(ms).toISOString().slice(0, 10);
const atNoon = (date) => Date.parse(`${date}T12:00:00Z`);

export const today = () => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, dateStyle: 'short' }).format(new Date());
export const addDays = (date, days) => text(atNoon(date) + days * DAY_MS);
/** 0 = Monday .. 6 = Sunday. */
export const weekday = (date) => (new Date(atNoon(date)).getUTCDay() + 6) % 7;

/** ISO 8601: "2026-W48". A week belongs to the year of its Thursday. */
export function isoWeek(date) {
  const thursday = addDays(date, 3 - weekday(date));
  const year = Number(thursday.slice(0, 4));
  const week = Math.floor((atNoon(thursday) - atNoon(`${year}-01-01`)) / DAY_MS / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The Sunday five weeks after the current week. */
export const lastAllowed = (date) => addDays(date, 6 - weekday(date) + 35);
