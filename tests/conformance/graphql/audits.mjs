// Audits the server at the given address by GraphQL over HTTP; prints the name of each audit and what it came to.
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
const outcomes = [];
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const outcome = await audit.fn();
  outcomes.push({ name: audit.name, status: outcome.status, reason: outcome.reason });
}
console.log(JSON.stringify(outcomes));
