import { defineConfig } from 'vitest/config'

/** Tests run on the sources: packages are found through their `@everyhop/source` condition, without a build. */
const conditions = ['@everyhop/source', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{core,identity,platform,application,security}/*/src/**/*.test.ts', '{cli,testbed}/src/**/*.test.ts', 'tools/**/*.test.ts'],
    isolate: false,
    pool: 'forks',
    testTimeout: 20_000,
  },
})
