import type { Chain, Layer, Report, Verdict } from '@everyhop/chain'
import { probe, readRunnerFile } from '@everyhop/prober'
import { buildExpired, buildPartner } from './chains/partner.js'
import { buildSharedEdge } from './chains/shared-edge.js'
import { buildSound, type Built } from './chains/sound.js'
import type { Front } from './edge.js'
import { withLifecycle, type Lifecycle } from './lifecycle.js'

/** What a chain of the demo is built to show. The prober never sees it: it is compared with the report afterwards. */
export type Declared = {
  readonly verdict: Verdict
  /** Of a broken chain: who is at fault, and whose application should have noticed. */
  readonly fault?: { readonly hop: string; readonly layer: Layer; readonly owner: string; readonly coFault?: string }
}

type DemoChain = {
  readonly name: string
  readonly title: string
  readonly declared: Declared
  readonly build: (life: Lifecycle, keep: boolean) => Promise<Built>
}

const CHAINS: readonly DemoChain[] = [
  {
    name: 'sound',
    title: 'The edge attests, the application checks again',
    declared: { verdict: 'holds' },
    build: (life, keep) => buildSound(life, { keep }),
  },
  {
    name: 'shared-edge',
    title: 'The edge checks the proof, drops it and forwards a name; the application believes the name',
    declared: { verdict: 'broken', fault: { hop: 'edge', layer: 'platform', owner: 'edge', coFault: 'orders' } },
    build: (life, keep) => buildSharedEdge(life, { keep }),
  },
  {
    name: 'partner',
    title: 'A partner with bearer tokens, under a waiver in force',
    declared: { verdict: 'waived' },
    build: (life, keep) => buildPartner(life, { keep }),
  },
  {
    name: 'partner-expired',
    title: 'The same partner after the end of its waiver: issuer and guard refuse it, its old archive does not',
    declared: { verdict: 'broken', fault: { hop: 'archive', layer: 'application', owner: 'archive' } },
    build: (life, keep) => buildExpired(life, { keep }),
  },
]

export const DEMO_CHAINS: readonly string[] = CHAINS.map(({ name }) => name)

export type DemoRun = {
  readonly name: string
  readonly title: string
  readonly declared: Declared
  readonly report: Report
  readonly chain: Chain
  readonly front: Front
  /** Milliseconds, with setting up. */
  readonly took: number
  /** Where the files of the run are, if they were kept. */
  readonly kept?: string
  readonly asDeclared: boolean
}

export type DemoOptions = {
  /** Names of chains; all by default. */
  readonly only?: readonly string[]
  readonly keep?: boolean
  readonly onChain?: (name: string, title: string) => void
  readonly onProgress?: Parameters<typeof probe>[0]['onProgress']
}

/** Builds each chain, attacks it and stops it, one after the other. Rejects where a chain cannot be built. */
export async function* runDemo({ only, keep = false, onChain, onProgress }: DemoOptions = {}): AsyncGenerator<DemoRun> {
  for (const { name, title, declared, build } of CHAINS.filter((chain) => only?.includes(chain.name) ?? true)) {
    onChain?.(name, title)
    yield await withLifecycle(async (life) => {
      const startedAt = performance.now()
      const { stand, edge } = await build(life, keep)
      const { chain, runner, dir } = stand
      const report = await probe({ chain, runner: readRunnerFile(runner), ...(onProgress === undefined ? {} : { onProgress }) })
      const took = Math.round(performance.now() - startedAt)
      return { name, title, declared, report, chain, front: edge.front, took, ...(keep ? { kept: dir } : {}), asDeclared: isAsDeclared(declared, report) }
    })
  }
}

/** The same verdict, and of a broken chain a breach with that hop, layer, owner and co-fault. */
export function isAsDeclared({ verdict, fault }: Declared, report: Report): boolean {
  if (report.verdict !== verdict) return false
  if (fault === undefined) return report.findings.every(({ outcome, waiver }) => outcome !== 'breached' || waiver !== undefined)
  return report.findings.some(
    ({ outcome, hop, layer, owner, coFaults }) =>
      outcome === 'breached' &&
      hop === fault.hop &&
      layer === fault.layer &&
      owner === fault.owner &&
      (fault.coFault === undefined || coFaults.some((co) => co.owner === fault.coFault)),
  )
}
