// Access tokens for measurements and fault runs, signed with the development key of a running stack.
//   node tokens.mjs FOLDER        writes FOLDER/tokens-get.txt and FOLDER/tokens-post.txt, a token a line
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// The stack is named by the variables of its stack.env.
export function minter(env = process.env) {
  const key = crypto.createPrivateKey(fs.readFileSync(env.TS_SIGNING_KEY));
  const kid = env.TS_SIGNING_KID;
  return (
    sub,
    { scope = 'openid profile read:timesheets create:timesheets', header = {}, signer = key, ...claims } = {},
  ) => {
    const now = Math.floor(Date.now() / 1000);
    const input = `${encode({ alg: 'RS256', typ: 'JWT', kid, ...header })}.${encode({
      iss: env.TS_ISSUER,
      sub,
      aud: [env.TS_AUDIENCE, `${env.TS_ISSUER}userinfo`],
      iat: now - 1,
      exp: now + 86400,
      azp: env.TS_SPA_CLIENT_ID,
      scope,
      ...claims,
    })}`;
    return `${input}.${crypto.sign('RSA-SHA256', Buffer.from(input), signer).toString('base64url')}`;
  };
}

export const subject = (n) => `auth0|${String(n).padStart(24, '0')}`;
export const subjects = (from, count) => Array.from({ length: count }, (_, i) => subject(from + i));

// 200 who read and 200 others who write, so that the lists that are read stay the same.
export const READERS = subjects(1, 200);
export const WRITERS = subjects(1001, 200);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  const mint = minter();
  const write = (name, list) =>
    fs.writeFileSync(path.join(folder, name), list.map((sub) => `${mint(sub)}\n`).join(''), { mode: 0o600 });
  write('tokens-get.txt', READERS);
  write('tokens-post.txt', WRITERS);
}
