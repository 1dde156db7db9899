// Writes each definition of the documents in a folder as a module of its own, as Relay's users have them beside their components.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, print } from 'graphql';

const [documents, target] = process.argv.slice(2);
mkdirSync(join(target, '__generated__'), { recursive: true });
for (const file of readdirSync(documents).filter((name) => name.endsWith('.graphql'))) {
  for (const definition of parse(readFileSync(join(documents, file), 'utf8')).definitions) {
    const module = definition.name.value.replace(/(Query|Mutation|Subscription)$/, '');
    const tagged = `import { graphql } from 'relay-runtime';\n\ngraphql\`\n${print(definition)}\n\`;\n`;
    writeFileSync(join(target, `${module}.ts`), tagged);
  }
}
