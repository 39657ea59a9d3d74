// A certified OpenID provider for tests. What it says of somebody is posted to /accounts; they sign in by their subject.
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
    // It asks nobody on its own machine, where the vault of a test is, and nobody slow.
    fetch: (url, { dispatcher, signal, ...options }) => fetch(url, options),
    findAccount: (_, id) => ({ accountId: id, claims: () => accounts.get(id) ?? { sub: id } }),
  });
  const answer = provider.callback();
  server.on('request', async (request, response) => {
    if (request.url !== '/accounts') return answer(request, response);
    const pieces = await request.toArray();
    const claims = JSON.parse(Buffer.concat(pieces).toString());
    accounts.set(claims.sub, claims);
    return response.end();
  });
  console.log(issuer);
});
