// What both clients are asked: they take the same requests and give the same iterators.
const QUERY = `subscription($id: ID!, $after: String) {
  campaignEvents(id: $id, after: $after) { position entry { version } campaign { name } }
}`;
const EVENTS = 3;

export async function followed(client, id) {
  const seen = await taken(client, { query: QUERY, variables: { id } }, EVENTS);
  const after = seen[0].data.campaignEvents.position;
  const resumed = await taken(client, { query: QUERY, variables: { id, after } }, EVENTS - 1);
  const query = await taken(client, { query: '{ me { role } }' }, Infinity);
  const refused = await taken(client, { query: QUERY, variables: { id, after: 'nowhere' } }, 1).then(
    (answers) => answers.flatMap((answer) => answer.errors ?? []),
    (errors) => errors,
  );
  return { seen, resumed, query, refused };
}

// So many answers; the operation is then completed by the client, or ends by itself before.
async function taken(client, request, most) {
  const answers = [];
  for await (const answer of client.iterate(request)) {
    answers.push(answer);
    if (answers.length >= most) break;
  }
  return answers;
}
