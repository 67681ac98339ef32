import { probe, readRunnerFile } from '@everyhop/prober'
import { expect, test } from 'vitest'
import { buildSound } from './chains/sound.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'

const ATTACKS = ['BASE', 'KEY-01', 'TOK-01', 'RPL-01', 'DIR-01', 'HOP-01a', 'ISS-01']
const day = (ahead: number): string => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10)

/** The sound chain, its route observed until a day: everything is in order, and the guard only records. */
for (const [title, ahead, verdict] of [
  ['while it lasts, a sound chain is unproven where the guard decides, and nowhere broken', 7, 'unproven'],
  ['once it has ended, the same guard enforces, and the chain holds', -1, 'holds'],
] as const) {
  test(`an observed route: ${title}`, async (context) => {
    needsNginx(context)
    await withLifecycle(async (life) => {
      const edit = (text: string) => text.replace(/(at: orders,[^}\n]*?)( ?\}|\n)/, `$1, observe: { until: ${day(ahead)} }$2`)
      const { stand } = await buildSound(life, { keep: false, edit })
      expect(stand.chain.routes.some(({ observeUntil }) => observeUntil !== undefined)).toBe(true)
      const report = await probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), only: ATTACKS })
      expect([report.verdict, report.observed?.map(({ owner }) => owner)]).toEqual([verdict, ahead > 0 ? ['orders'] : undefined])
      const at = (place: string) => new Set(report.controls.filter((one) => one.place === place).map((one) => one.verdict))
      expect(at('edge')).toContain('holds')
      expect(at('issuer')).toContain('holds')
      expect(at('orders').has('holds')).toBe(ahead < 0)
    })
  })
}
