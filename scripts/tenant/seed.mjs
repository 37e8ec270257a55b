// What the tenant knows: one API, its roles, the demo accounts and the applications.
// Everything here is public; nothing of it exists outside development and tests.

export const API = 'https://api.timesheets.abc-inc.example/';
export const NAMESPACE = 'https://timesheets.abc-inc.example/';
export const DEMO_PASSWORD = 'Timesheets-1';

export const API_SCOPES = [
  'read:timesheets',
  'create:timesheets',
  'delete:timesheets',
  'approve:timesheets',
  'batch:upload',
  'admin:timesheets',
];
export const OIDC_SCOPES = ['openid', 'profile', 'email'];

const employee = ['read:timesheets', 'create:timesheets', 'delete:timesheets'];
export const ROLES = {
  Employee: employee,
  Manager: [...employee, 'approve:timesheets'],
  Admin: [...employee, 'approve:timesheets', 'admin:timesheets'],
};

/** `key` is the short name that the test hooks use. */
export const USERS = [
  {
    key: 'employee',
    sub: 'auth0|5f7c8ec7c33c6c004bbafe01',
    name: 'Erin Employee',
    email: 'erin.employee@abc-inc.example',
    kind: 'employee',
    roles: ['Employee'],
  },
  {
    key: 'contractor',
    sub: 'auth0|5f7c8ec7c33c6c004bbafe02',
    name: 'Carl Contractor',
    email: 'carl@contractors.example',
    kind: 'contractor',
    roles: ['Employee'],
  },
  {
    key: 'manager',
    sub: 'auth0|5f7c8ec7c33c6c004bbafe03',
    name: 'Maria Manager',
    email: 'maria.manager@abc-inc.example',
    kind: 'employee',
    roles: ['Manager'],
  },
  {
    key: 'admin',
    sub: 'auth0|5f7c8ec7c33c6c004bbafe04',
    name: 'Adam Admin',
    email: 'adam.admin@abc-inc.example',
    kind: 'employee',
    roles: ['Admin'],
  },
  {
    key: 'nobody',
    sub: 'auth0|5f7c8ec7c33c6c004bbafe05',
    name: 'Nora Norole',
    email: 'nora.norole@abc-inc.example',
    kind: 'employee',
    roles: [],
  },
];

export const SPA_CLIENT = 'TsSpa000000000000000000000000001';
export const MACHINE_CLIENT = 'TsM2m000000000000000000000000001';
export const UNGRANTED_CLIENT = 'TsM2m000000000000000000000000002';

/** Machine clients, with the scopes each was granted for the API. */
export const MACHINES = [
  {
    id: MACHINE_CLIENT,
    name: 'Timesheets batch upload',
    secret: 'dev-only-secret-for-batch-upload-0001',
    scopes: ['batch:upload'],
  },
  {
    id: UNGRANTED_CLIENT,
    name: 'An application without a grant',
    secret: 'dev-only-secret-without-a-grant-0002',
    scopes: [],
  },
];

const bySub = new Map(USERS.map((user) => [user.sub, user]));

export const userBySub = (sub) => bySub.get(sub);

export const machineById = (id) => MACHINES.find((machine) => machine.id === id);

export function permissionsOf(user) {
  const held = new Set(user.roles.flatMap((role) => ROLES[role]));
  return API_SCOPES.filter((scope) => held.has(scope));
}

/** The applications as oidc-provider wants them registered. */
export function registrations(origins) {
  return [
    {
      client_id: SPA_CLIENT,
      client_name: 'Timesheets',
      application_type: 'web',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', 'implicit'],
      response_types: ['code', 'id_token', 'id_token token'],
      redirect_uris: origins.flatMap((origin) => [origin, `${origin}/`, `${origin}/callback`]),
      post_logout_redirect_uris: origins.flatMap((origin) => [origin, `${origin}/`]),
      id_token_signed_response_alg: 'RS256',
    },
    ...MACHINES.map(({ id, name, secret }) => ({
      client_id: id,
      client_name: name,
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    })),
  ];
}
