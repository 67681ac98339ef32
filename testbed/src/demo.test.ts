import { expect, test } from 'vitest'
import { needsNginx } from './needs-nginx.testkit.js'
import { DEMO_CHAINS, runDemo } from './demo.js'

for (const name of DEMO_CHAINS) {
  test(`demo: ${name} comes out as declared`, { timeout: 60_000 }, async (context) => {
    needsNginx(context)
    for await (const { report, declared, front, asDeclared } of runDemo({ only: [name] })) {
      expect(front).toBe('nginx')
      const breaches = report.findings.map(({ attack, outcome, hop, layer, owner, evidence }) => ({ attack, outcome, hop, layer, owner, evidence }))
      expect(
        report.verdict,
        JSON.stringify({ breaches, controls: report.controls.filter(({ verdict }) => verdict !== 'holds' && verdict !== 'not-applicable') }, null, 1),
      ).toBe(declared.verdict)
      expect(asDeclared, JSON.stringify(breaches, null, 1)).toBe(true)
    }
  })
}
