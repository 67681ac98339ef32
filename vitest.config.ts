import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const ROOT = import.meta.dirname
const LAYERS = ['core', 'identity', 'platform', 'application', 'security']

type Manifest = { readonly name: string; readonly exports?: Readonly<Record<string, string | { readonly default: string }>> }

/** Tests run on the sources, without a build: what a package exports from `dist` is found in its `src`. */
const sources = LAYERS.flatMap((layer) => readdirSync(join(ROOT, layer)).map((name) => join(ROOT, layer, name)))
  .filter((folder) => existsSync(join(folder, 'package.json')))
  .flatMap((folder) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    return Object.entries(exports).flatMap(([path, target]) => {
      const built = typeof target === 'string' ? target : target.default
      const source = built.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts')
      return source === built ? [] : [{ find: new RegExp(`^${name}${path.slice(1)}$`), replacement: join(folder, source) }]
    })
  })

export default defineConfig({
  resolve: { alias: sources },
  test: {
    include: [`{${LAYERS.join(',')}}/*/src/**/*.test.ts`, '{cli,testbed}/src/**/*.test.ts', '{tools,examples}/**/*.test.mjs', 'bench/*.test.mjs'],
    isolate: false,
    pool: 'forks',
    testTimeout: 20_000,
  },
})
