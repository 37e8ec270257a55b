import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartError } from './config.mjs';

const generateKeyPair = promisify(crypto.generateKeyPair);

/** RFC 7638: the hash of the required members in alphabetical order. */
function thumbprint({ e, kty, n }) {
  return crypto.createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}

function keyFrom(jwk) {
  const privateKey = crypto.createPrivateKey({ key: jwk, format: 'jwk' });
  const publicKey = crypto.createPublicKey(privateKey);
  const { kty, n, e } = publicKey.export({ format: 'jwk' });
  const kid = thumbprint({ kty, n, e });
  const described = { kty, use: 'sig', alg: 'RS256', kid, n, e };
  return {
    kid,
    privateKey,
    publicKey,
    privateJwk: { ...jwk, ...described },
    publicJwk: described,
  };
}

async function makeKey(modulusLength = 2048) {
  const { privateKey } = await generateKeyPair('rsa', { modulusLength });
  return keyFrom(privateKey.export({ format: 'jwk' }));
}

/** A reader of the file sees the old content or the new one, never a part. */
function writePrivate(file, text) {
  fs.writeFileSync(`${file}.new`, text, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

/**
 * The signing keys: the published ones, newest first (that one signs), and the last one taken out.
 * They live in the state folder and survive restarts.
 */
export class KeyStore {
  #folder;
  #published = [];
  #retired;
  #foreign;
  #small;
  #rotation = Promise.resolve();

  static async open(folder) {
    const store = new KeyStore();
    store.#folder = folder;
    const file = store.#file;
    if (fs.existsSync(file)) {
      try {
        const saved = JSON.parse(fs.readFileSync(file, 'utf8'));
        store.#published = saved.published.map(keyFrom);
        store.#retired = saved.retired && keyFrom(saved.retired);
      } catch (error) {
        throw new StartError(`${file} cannot be read (${error.message}): remove it to get new keys`);
      }
    }
    if (store.#published.length === 0) store.#published = [await makeKey()];
    store.#save();
    return store;
  }

  get #file() {
    return path.join(this.#folder, 'keys.json');
  }

  #save() {
    const saved = { published: this.#published.map((key) => key.privateJwk), retired: this.#retired?.privateJwk };
    writePrivate(this.#file, `${JSON.stringify(saved, null, 2)}\n`);
    writePrivate(
      path.join(this.#folder, 'signing-key.pem'),
      this.current.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    writePrivate(path.join(this.#folder, 'signing-kid'), this.current.kid);
  }

  get current() {
    return this.#published[0];
  }

  get published() {
    return this.#published;
  }

  /** The key that left the set last, if any did. */
  get retired() {
    return this.#retired;
  }

  get jwks() {
    return { keys: this.#published.map((key) => key.publicJwk) };
  }

  /** A sound key that is never published. */
  foreign() {
    this.#foreign ??= makeKey();
    return this.#foreign;
  }

  /** A key too short to be trusted: 1024 bits. */
  small() {
    this.#small ??= makeKey(1024);
    return this.#small;
  }

  /** Rotations run one after the other, so that none works on keys that another one replaces. */
  rotate({ retire }) {
    const turn = this.#rotation.then(async () => {
      const key = await makeKey();
      const kept = retire ? [] : this.#published.slice(0, 1);
      this.#retired = this.#published[kept.length] ?? this.#retired;
      this.#published = [key, ...kept];
      this.#save();
    });
    this.#rotation = turn.catch(() => {});
    return turn;
  }
}
