import { defineConfig } from 'vitest/config'

/** Tests run on the sources: packages are found through their `@everyhop/source` condition, without a build. */
const conditions = ['@everyhop/source', 'node', 'import', 'default']
/** What Node itself loads keeps Node's own conditions: with `import` among them, `require` would be given ES modules. */
const externalConditions = ['@everyhop/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions } },
  test: {
    include: ['{core,identity,platform,application,security}/*/src/**/*.test.ts', '{cli,testbed}/src/**/*.test.ts', 'tools/**/*.test.mjs'],
    isolate: false,
    pool: 'forks',
    testTimeout: 20_000,
  },
})
