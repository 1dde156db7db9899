// The client that graphql-codegen makes of the published schema and the documents of docs/queries, with the manifest of
// trusted documents. TARGET is the folder for both.
const root = new URL('../../../', import.meta.url).pathname;

export default {
  schema: `${root}schemas/graphql/schema.graphql`,
  documents: `${root}docs/queries/*.graphql`,
  silent: true,
  generates: {
    [`${process.env.TARGET}/`]: {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        enumsAsTypes: true,
        strictScalars: true,
        useTypeImports: true,
        scalars: {
          Color: 'string',
          Currency: 'string',
          Date: 'string',
          DateTime: 'string',
          Decimal: 'string',
          Long: 'number',
          TimeZone: 'string',
          URL: 'string',
        },
      },
    },
  },
};
