// A certified OpenID provider for tests. Whoever signs in types their own claims, as base64url JSON, as the login.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const accounts = new Map();
  const provider = new Provider(issuer, {
    claims: { openid: ['sub', 'groups', 'agent'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: process.env.CONFORM === '1',
    cookies: { keys: ['a key of a test'] },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true, initialAccessToken: false },
      backchannelLogout: { enabled: true },
    },
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'PS256', 'HS256'] },
    ttl: { AccessToken: 600, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
    findAccount: (_, id) => {
      const claims = accounts.get(id) ?? JSON.parse(Buffer.from(id, 'base64url').toString());
      accounts.set(claims.sub, claims);
      return { accountId: claims.sub, claims: () => claims };
    },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
