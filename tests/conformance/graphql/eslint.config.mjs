// The schema rules of @graphql-eslint: all there are and those of Relay. Each exception stands with its reason.
import graphql from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schemas/graphql/schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-all'].rules,
      ...graphql.configs['flat/schema-relay'].rules,

      // Fields stand in the order in which they are understood, and values of an enumeration in that of what they name: a
      // campaign is a draft before it is live.
      '@graphql-eslint/alphabetize': 'off',

      // It is the specification's own, which says what it means.
      '@graphql-eslint/require-description': [
        'error',
        {
          ...graphql.configs['flat/schema-recommended'].rules['@graphql-eslint/require-description'][1],
          ignoredSelectors: ['[type=DirectiveDefinition][name.value=oneOf]'],
        },
      ],

      // A payload, a page or a value such as money has no identity of its own. What has one implements Node, and GraphQL
      // itself sees to its id then.
      '@graphql-eslint/strict-id-in-types': 'off',

      // A brand has a handful of audiences and a campaign at most nine platforms: such lists are no pages. And what belongs to
      // something else, as an event or a decision does, is a page's node without an id by which it is read alone.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],

      // The product has mutations and subscriptions.
      '@graphql-eslint/no-root-type': 'off',

      // Beside `input` a mutation takes idempotencyKey and expectedVersion: they are about the request and alike for all.
      '@graphql-eslint/input-name': 'off',

      // A mutation is answered from the log. What is read afterwards is asked for with its position as `atLeast`, so that
      // it is never older than the mutation, which a query within the payload could not promise.
      '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'off',

      // A list is empty where there is nothing, never absent; what may be absent by its id is nullable.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
    },
  },
];
