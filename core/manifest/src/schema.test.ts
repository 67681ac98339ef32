import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { manifestSchema, schemaText } from './schema.js'

test('the published JSON Schema is the one that the code makes (else run write-schema)', async () => {
  expect(await readFile(new URL('../schema/everyhop-1.schema.json', import.meta.url), 'utf8')).toBe(schemaText())
})

type Node = {
  readonly description?: string
  readonly properties?: Record<string, Node>
  readonly additionalProperties?: unknown
  readonly items?: Node
  readonly anyOf?: readonly Node[]
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Every member that the file can have, by its path. */
function membersOf(node: Node, path: string): readonly (readonly [string, Node])[] {
  const named = Object.entries(node.properties ?? {}).flatMap(([name, member]) => [
    [`${path}/${name}`, member] as const,
    ...membersOf(member, `${path}/${name}`),
  ])
  const inner = [node.additionalProperties, node.items, ...(node.anyOf ?? [])].filter(isNode)
  return [...named, ...inner.flatMap((one) => membersOf(one, `${path}/*`))]
}

test('every member says what it means, in a sentence', () => {
  const members = membersOf(manifestSchema(), '')
  expect(members.length).toBeGreaterThan(120)
  expect(members.filter(([, { description = '' }]) => !/^[A-Z`].*[.)]$/s.test(description)).map(([path]) => path)).toEqual([])
})
