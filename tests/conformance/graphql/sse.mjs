// Follows a campaign with graphql-sse, each operation on a connection of its own: as websocket.mjs does.
import { createClient } from 'graphql-sse';
import { followed } from './following.mjs';

const [url, token, campaign] = process.argv.slice(2);
const client = createClient({ url, headers: { Authorization: `Bearer ${token}` }, retryAttempts: 0 });
console.log(JSON.stringify(await followed(client, campaign)));
client.dispose();
