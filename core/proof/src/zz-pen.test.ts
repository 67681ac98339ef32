import { test } from 'vitest'
import { readSignatures, readHopField, readSignatureInput } from './structured-fields.js'
import { readTarget, readRequestTarget } from './target.js'
import { readCompact } from './compact-jws.js'
const time = (what: string, f: () => unknown) => { const t = performance.now(); f(); console.log(what, Math.round(performance.now() - t)) }
test('redos', () => {
  for (const n of [4000, 16000, 60000]) {
    const f = '"\\'.repeat(n / 2)
    time(`sig ${n}`, () => readSignatures(f))
    time(`hop ${n}`, () => readHopField(f))
    time(`in ${n}`, () => readSignatureInput(f))
    time(`in2 ${n}`, () => readSignatureInput('a=(' + '"a";key="b" '.repeat(n / 12)))
    time(`in3 ${n}`, () => readSignatureInput('a=(' + '"a"'.repeat(n / 3)))
    time(`hop2 ${n}`, () => readHopField('a' + ';a=1'.repeat(n / 4) + '!'))
    time(`hop3 ${n}`, () => readHopField('a, '.repeat(n / 3)))
    time(`hop4 ${n}`, () => readHopField(Array.from({ length: n / 8 }, (_, i) => `a${i}`).join(', ')))
  }
  time('target', () => readTarget('https://' + 'a-'.repeat(2000)))
  time('target', () => readTarget('https://a' + '/..'.repeat(1300)))
  time('rt', () => readRequestTarget('/' + '.;'.repeat(2000)))
  time('rt', () => readRequestTarget('/a' + '%2F.;'.repeat(800) + 'x/'))
  const b = (s: string) => Buffer.from(s).toString('base64url')
  time('jws', () => readCompact(`${b('{"a":' + '['.repeat(5000) + ']'.repeat(5000) + '}')}.${b('{}')}.`, 16384))
  time('jws', () => readCompact(`${b('{"a":"' + '\\\\'.repeat(5000) + '"}')}.${b('{}')}.`, 16384))
})
