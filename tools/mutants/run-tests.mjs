import { createVitest } from 'vitest/node'

/**
 * Runs the tests of a copy again and again, as its parent asks: `{ changed, without }`. Answers with the name of the first test that
 * failed, or null. A process of its own, so that a mutant that never ends can be ended with all that it started.
 */
const [, , root = ''] = process.argv
const vitest = await createVitest('test', { root, watch: false, reporters: [{}] })
const specifications = await vitest.globTestSpecifications()

process.on('message', (/** @type {{ changed: readonly string[], without: readonly string[] }} */ { changed, without }) => {
  for (const file of changed) vitest.invalidateFile(file)
  void firstFailure(specifications.filter(({ moduleId }) => !without.some((name) => moduleId.endsWith(name)))).then((name) => process.send?.(name))
})
process.send?.('ready')

/**
 * @param {import('vitest/node').TestSpecification[]} chosen
 * @returns {Promise<string | null>}
 */
async function firstFailure(chosen) {
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(chosen, true)
  for (const module of testModules) for (const test of module.children.allTests('failed')) return test.fullName
  const isBroken = unhandledErrors.length > 0 || testModules.some((module) => module.errors().length > 0)
  return isBroken ? 'the tests do not start' : null
}
