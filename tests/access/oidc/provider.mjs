// A real OpenID provider on a free loopback port for the tests of single sign-on.
// Arguments: the client's redirect address. Prints its issuer on one line when it is ready.
// Who types "ada" as the login is Ada; claims come from the environment variable CLAIMS (JSON by login).
import http from "node:http";
import Provider from "oidc-provider";

const [redirect] = process.argv.slice(2);
const people = JSON.parse(process.env.CLAIMS);
const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "hortus", client_secret: "a-secret-for-tests-only", redirect_uris: [redirect],
      grant_types: ["authorization_code"], response_types: ["code"], token_endpoint_auth_method: "client_secret_post",
    }],
    pkce: { required: () => true },
    cookies: { keys: ["only-for-tests"] },
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...(people[id] || {}) }) }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.on("SIGTERM", () => server.close(() => process.exit(0)));
