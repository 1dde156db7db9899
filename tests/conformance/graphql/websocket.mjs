// Follows a campaign with graphql-ws, as browsers do: to the last event there is, again from a position, and one that is none.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { followed } from './following.mjs';

const [url, token, campaign] = process.argv.slice(2);
const client = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: `Bearer ${token}` },
  retryAttempts: 0,
});
console.log(JSON.stringify(await followed(client, campaign)));
await client.dispose();
