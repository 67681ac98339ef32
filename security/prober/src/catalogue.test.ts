import { readdirSync, readFileSync } from 'node:fs'
import { CONTROLS } from '@everyhop/controls'
import { CODES } from '@everyhop/proof'
import { expect, test } from 'vitest'
import { catalogueRows, FAMILIES, rowOf } from './catalogue-rows.js'
import { CATALOGUE } from './catalogue.js'
import { MISSING } from './missing-attacks.js'

const FOLDER = new URL('./attacks/', import.meta.url)
const files = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: family }) => readdirSync(new URL(`${family}/`, FOLDER)).map((file) => ({ family, name: file.replace(/\.ts$/, '') })))

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

test('every file is one attack, exported under the name of the file, and in the catalogue', async () => {
  const found = []
  for (const { family, name } of files) {
    const module = (await import(/* @vite-ignore */ new URL(`${family}/${name}.ts`, FOLDER).pathname)) as Record<string, unknown>
    expect(Object.keys(module), `${family}/${name}`).toEqual([camel(name)])
    const attack = CATALOGUE.find((one) => one === module[camel(name)])
    expect(attack?.id, `${family}/${name}`).toMatch(new RegExp(`^${family.toUpperCase()}-\\d{2}[a-z]?$`))
    found.push(attack)
  }
  expect(new Set(found)).toEqual(new Set(CATALOGUE))
  expect(found).toHaveLength(CATALOGUE.length)
})

test('ids are unique, and every row of the catalogue is there exactly once', () => {
  const ids = [...CATALOGUE.map(({ id }) => id), ...MISSING.map(({ id }) => id)]
  expect(new Set(ids).size).toBe(ids.length)
  const rows = new Set(ids.map(rowOf))
  expect(MISSING.filter(({ id }) => CATALOGUE.some((attack) => rowOf(attack.id) === id))).toEqual([])
  expect(rows.size).toBe(194)
  expect([...new Set(catalogueRows().map(({ id }) => id.split('-')[0]))]).toEqual(FAMILIES)
})

test('controls exist, codes exist, specifications can be parsed', () => {
  for (const attack of CATALOGUE) {
    expect(CONTROLS.has(attack.control), attack.id).toBe(true)
    for (const spec of attack.spec) expect(spec, attack.id).toMatch(/^RFC\d{4,5}§\d+(?:\.\d+)*(?:-\d+)?$/)
    if (attack.kind === 'scripted') continue
    if (attack.refusedBy === undefined) expect(attack.refusedAs.length > 0, attack.id).toBe(attack.expect === 'refused')
    for (const code of attack.refusedAs) expect(Object.hasOwn(CODES, code), `${attack.id} ${code}`).toBe(true)
  }
  for (const { control, id } of MISSING) expect(CONTROLS.has(control), id).toBe(true)
})

test('every attack says in two sentences what the attacker does and why it would work', () => {
  for (const { family, name } of files) {
    const source = readFileSync(new URL(`${family}/${name}.ts`, FOLDER), 'utf8')
    const [, doc = ''] = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport const/.exec(source) ?? []
    expect(doc.match(/[.](?:\s|$)/g)?.length ?? 0, `${family}/${name}`).toBeGreaterThanOrEqual(2)
  }
})

test('at most one attack in five is scripted, and each says why', () => {
  const scripted = CATALOGUE.filter(({ kind }) => kind === 'scripted')
  expect(scripted.length * 5).toBeLessThanOrEqual(CATALOGUE.length)
  const said = files.filter(({ family, name }) =>
    /kind: 'scripted'[^]*\/\/ Scripted, since/.test(readFileSync(new URL(`${family}/${name}.ts`, FOLDER), 'utf8')),
  )
  expect(said).toHaveLength(scripted.length)
})
