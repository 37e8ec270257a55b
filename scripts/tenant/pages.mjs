// The pages that people see: login, logged out, errors. Plain HTML, no scripts, nothing from elsewhere.
import { createHash } from 'node:crypto';
import { DEMO_PASSWORD, USERS } from './seed.mjs';

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #55606e; --paper: #fff; --ground: #eef1f5;
  --line: #8a95a3; --accent: #0b57a4; --on-accent: #fff; --bad: #a3101b }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #a9b4c2; --paper: #1c232c; --ground: #11161c; --line: #6c7887;
    --accent: #8cc0f5; --on-accent: #0c1a29; --bad: #ff9b9b }
}
* { box-sizing: border-box }
body { margin: 0; padding: 1rem; min-height: 100vh; display: grid; place-content: center;
  grid-template-columns: minmax(0, 27rem); background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif }
main { background: var(--paper); border-radius: .75rem; padding: 1.5rem; box-shadow: 0 1px 4px #0003 }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem }
h2 { font-size: 1rem; margin: 1.75rem 0 .25rem }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
.soft { color: var(--soft) }
.tag { display: inline-block; margin: 0 0 .75rem; padding: 0 .5rem; border: 1px solid var(--line);
  border-radius: 1rem; font-size: .8125rem; color: var(--soft) }
.bad { color: var(--bad); font-weight: 600 }
label { display: block; font-weight: 600 }
input { display: block; width: 100%; margin: .25rem 0 1rem; padding: .625rem .75rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .375rem }
input[aria-invalid=true] { border-color: var(--bad) }
button { width: 100%; padding: .75rem; font: inherit; font-weight: 600; color: var(--on-accent);
  background: var(--accent); border: 0; border-radius: .375rem; cursor: pointer }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
table { width: 100%; border-collapse: collapse; font-size: .875rem }
th, td { text-align: left; padding: .375rem .5rem .375rem 0; vertical-align: top }
td a { display: inline-block; padding: .125rem 0; overflow-wrap: anywhere }
tbody tr { border-top: 1px solid color-mix(in srgb, var(--line) 50%, transparent) }
code { font-size: .9375em }
dt { font-weight: 600 }
dd { margin: 0 0 .75rem; overflow-wrap: anywhere }
`;

// No form-action: Chromium applies it to the redirect that follows the form too, which leads to the
// application's origin.
export const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="tag">Development tenant</p>
${body}
</main>
</body>
</html>
`;
}

const role = (user) => `${user.roles.join(', ') || 'No role'}${user.kind === 'contractor' ? ' (contractor)' : ''}`;

function demoAccounts(state) {
  const rows = USERS.map((user) => {
    const link = `?${new URLSearchParams({ state, account: user.key })}`;
    return `<tr><td>${escapeHtml(role(user))}</td><td><a href="${escapeHtml(link)}">${escapeHtml(user.email)}</a></td></tr>`;
  });
  return `<h2 id="accounts">Demo accounts</h2>
<p class="soft" id="hint">The password of all of them is <code>${escapeHtml(DEMO_PASSWORD)}</code>. A link fills in the form.</p>
<table aria-labelledby="accounts" aria-describedby="hint">
<thead><tr><th scope="col">Role</th><th scope="col">Email</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}

export function loginPage({ clientName, state, email = '', account, failed = false }) {
  const chosen = USERS.find((user) => user.key === account);
  const filled = chosen ? DEMO_PASSWORD : '';
  const invalid = failed ? ' aria-invalid="true" aria-describedby="failure"' : '';
  // The keyboard starts where the person goes on: at the button once the form is filled in.
  const focus = chosen ? 'button' : email ? 'password' : 'username';
  const autofocus = (name) => (name === focus ? ' autofocus' : '');
  return page(
    `Log in to ${clientName}`,
    `<h1>Log in</h1>
<p class="soft">to continue to ${escapeHtml(clientName)}</p>
${failed ? '<p class="bad" id="failure" role="alert">Wrong email or password.</p>' : ''}
<form method="post" action="?${escapeHtml(new URLSearchParams({ state }))}">
<label for="username">Email</label>
<input id="username" name="username" type="email" autocomplete="username" list="emails" required${invalid}${autofocus('username')} value="${escapeHtml(chosen?.email ?? email)}">
<datalist id="emails">${USERS.map((user) => `<option value="${escapeHtml(user.email)}">`).join('')}</datalist>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${invalid}${autofocus('password')} value="${escapeHtml(filled)}">
<button type="submit"${autofocus('button')}>Continue</button>
</form>
${demoAccounts(state)}`,
  );
}

export function messagePage(title, text) {
  return page(title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>`);
}

export function errorPage(details) {
  const rows = Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return page('Login failed', `<h1>Something went wrong</h1>\n<dl>${rows.join('')}</dl>`);
}
