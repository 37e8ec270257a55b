// Sessions, codes, grants and refresh tokens, in memory. All provider instances of one run share it, so a
// key rotation logs nobody out; a restart does.

const REVOKED_WITH_GRANT = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

export function createStore() {
  const rows = new Map(); // "Model:id" -> { payload, expires }
  const sessions = new Map(); // uid -> id

  const read = (key) => {
    const row = rows.get(key);
    if (row && row.expires > Date.now()) return row.payload;
    rows.delete(key);
    return undefined;
  };

  const sweep = () => {
    const now = Date.now();
    for (const [key, row] of rows) if (row.expires <= now) rows.delete(key);
    for (const [uid, id] of sessions) if (!rows.has(`Session:${id}`)) sessions.delete(uid);
  };
  setInterval(sweep, 60_000).unref();

  /** The adapter that oidc-provider asks for, one per model. */
  return (model) => ({
    async upsert(id, payload, seconds) {
      const expires = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000;
      rows.set(`${model}:${id}`, { payload, expires });
      if (model === 'Session') sessions.set(payload.uid, id);
    },
    async find(id) {
      return read(`${model}:${id}`);
    },
    async findByUid(uid) {
      return read(`${model}:${sessions.get(uid)}`);
    },
    async findByUserCode() {
      return undefined; // only the device flow has user codes, and it is off
    },
    async consume(id) {
      const payload = read(`${model}:${id}`);
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    },
    async destroy(id) {
      rows.delete(`${model}:${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, row] of rows) {
        if (row.payload.grantId === grantId && REVOKED_WITH_GRANT.has(key.split(':', 1)[0])) rows.delete(key);
      }
    },
  });
}
