import { expect, test } from 'vitest'
import { mutantsOf } from './find-mutants.mjs'

const TABLE = `export const CHECKS = [
  { code: 'proof.typ', holds: (p) => p.typ === 'dpop+jwt' },
  { code: 'proof.alg', holds: (p, c) => c.algs.has(p.alg) && (p.x || p.y) },
]
`
const REFUSALS = `function judge(proof) {
  if (!proof) return 'proof.missing'
  if (proof.length > MAX || (proof.a && proof.b) || odd('a || b)')) return 'proof.malformed'
  if (
    same(proof)
  )
    return refuse(proof)
  if (proof.ok) {
    go()
  }
  return holds(proof) ? undefined : 'proof.signature'
}
`
const said = (source) => mutantsOf('x.ts', source).map(({ line, check, mutation }) => `${line} ${check}: ${mutation}`)

test('a row is taken out, and turned round', () => {
  expect(said(TABLE)).toEqual([
    '2 proof.typ: the row is gone',
    '2 proof.typ: the row is turned round',
    '3 proof.alg: the row is gone',
    '3 proof.alg: the row is turned round',
    '3 proof.alg: but for: c.algs.has(p.alg)',
    '3 proof.alg: but for: (p.x || p.y)',
  ])
  const [gone, turned] = mutantsOf('x.ts', TABLE)
  expect(gone.text).not.toContain('proof.typ')
  expect(turned.text).toContain("holds: (p) => !(p.typ === 'dpop+jwt') },")
})

test('a refusal never happens, always happens, or happens for one reason less', () => {
  expect(said(REFUSALS)).toEqual([
    '2 proof.missing: never: !proof',
    '2 proof.missing: unless: !proof',
    "3 proof.malformed: never: proof.length > MAX || (proof.a && proof.b) || odd('a || b)')",
    "3 proof.malformed: unless: proof.length > MAX || (proof.a && proof.b) || odd('a || b)')",
    '3 proof.malformed: but for: proof.length > MAX',
    '3 proof.malformed: but for: (proof.a && proof.b)',
    "3 proof.malformed: but for: odd('a || b)')",
    '4 refuse(proof): never: same(proof)',
    '4 refuse(proof): unless: same(proof)',
    '11 proof.signature: turned round: holds(proof)',
    '11 proof.signature: never: holds(proof)',
  ])
  const texts = mutantsOf('x.ts', REFUSALS).map(({ text }) => text)
  expect(texts[1]).toContain("if (!(!proof)) return 'proof.missing'")
  expect(texts[4]).toContain("if ((proof.a && proof.b) || odd('a || b)')) return 'proof.malformed'")
  expect(texts[9]).toContain("return !(holds(proof)) ? undefined : 'proof.signature'")
  expect(texts[10]).toContain('  return undefined\n')
})
