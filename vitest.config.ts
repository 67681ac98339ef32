import { defineConfig } from 'vitest/config'

/** Tests run on the sources: packages are found through this condition, without a build. The others are added by Vite as each import needs. */
const conditions = ['@everyhop/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{core,identity,platform,application,security}/*/src/**/*.test.ts', '{cli,testbed}/src/**/*.test.ts', 'tools/**/*.test.mjs'],
    isolate: false,
    pool: 'forks',
    testTimeout: 20_000,
  },
})
