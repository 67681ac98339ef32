import type { Hop, PublicJwk } from '@everyhop/chain'
import type { Conveyances } from './conveyances.js'
import type { Context } from './context.js'
import type { Manifest } from './schema.js'
import type { Path } from './tree.js'
import { authorityOf, checkUrl } from './urls.js'

type Written = Manifest['hops'][string]

/** The ways through the chain as written, before routes are compiled. */
export const writtenPaths = (manifest: Manifest): readonly (readonly string[])[] =>
  manifest.routes.flatMap((route) => (route.via ?? [[]]).map((via) => [...via, route.at]))

/** What the manifest names and other files hold, by hop. */
export type Read = { readonly keys: ReadonlyMap<string, readonly PublicJwk[]>; readonly conveyances: Conveyances }

/** Every hop that stands on a route. The replay authorities are settled afterwards. */
export function compileHops(context: Context, { keys, conveyances }: Read): ReadonlyMap<string, Hop> {
  const paths = writtenPaths(context.manifest)
  const hops = new Map<string, Hop>()
  for (const [id, written] of Object.entries(context.manifest.hops)) {
    const path = ['hops', id]
    context.knows('teams', written.owner, [...path, 'owner'])
    const isUsed = paths.some((through) => through.includes(id))
    const isShared = context.at(path).file !== context.tree.start.file
    if (!isUsed && !isShared && !context.lacks(['routes']))
      context.reportKey(path, 'hop.unused', `\`${id}\` is on no route`, 'name it in `at` or `via` of a route, or remove it')
    if (isUsed)
      hops.set(
        id,
        compileHop(context, id, written, {
          isEntry: paths.some(([first]) => first === id),
          isBehind: paths.some((through) => through.indexOf(id) > 0),
          isRebound: paths.some((through) => context.manifest.hops[through[through.indexOf(id) - 1] ?? '']?.forward === 'rebound'),
          keys: keys.get(id) ?? [],
          conveys: conveyances.get(id),
        }),
      )
  }
  return hops
}

type Standing = {
  readonly isEntry: boolean
  readonly isBehind: boolean
  readonly isRebound: boolean
  readonly keys: readonly PublicJwk[]
  readonly conveys: Hop['conveys']
}

function compileHop(context: Context, id: string, written: Written, { isEntry, isBehind, isRebound, keys, conveys }: Standing): Hop {
  const path: Path = ['hops', id]
  const bases = (written.base ?? []).map((base, index) => checkUrl(context, base, [...path, 'base', index]))
  const isMissing = (key: string): boolean => !context.lacks([...path, key])
  if (isEntry && bases.length === 0 && isMissing('base'))
    context.reportKey(path, 'hop.no-base', `clients enter at \`${id}\`, but it has no base`, 'add `base: [https://...]`, the URLs that clients call')
  if (!isEntry && bases.length > 0)
    context.reportKey([...path, 'base'], 'hop.stray-base', `no client enters at \`${id}\``, 'remove the base, or add a route that starts here')
  const signs = written.forward === 'attested' ? 'attests' : written.forward === 'rebound' ? 'rebinds' : undefined
  if (signs !== undefined && (written.keys ?? []).length === 0 && isMissing('keys')) {
    context.reportKey(
      [...path, 'forward'],
      'hop.no-keys',
      `\`${id}\` ${signs}, but no key of it is registered`,
      'everyhop key new --out KEY, then `keys: [file:KEY.pub.json]`',
    )
  }
  if (written.waiver !== undefined) context.knows('waivers', written.waiver, [...path, 'waiver'])
  if (written.forward === 'gateway-only' && written.waiver === undefined && isMissing('waiver')) {
    context.report(
      [...path, 'forward'],
      'hop.unwaived',
      `\`${id}\` checks alone and the application cannot check again`,
      'use `attested`, or name a waiver of POP-PL-02 with `waiver:`',
    )
  }
  const ingress = written.ingress === undefined ? undefined : checkUrl(context, written.ingress, [...path, 'ingress'])
  const authority = written.authority ?? authorityOf(ingress ?? bases[0] ?? '')
  if (written.authority === undefined && authority !== '') {
    context.or(undefined, authority, [...path, 'authority'], ingress === undefined ? 'that of its base' : 'that of its ingress')
  }
  if (isBehind && written.authority === undefined && written.ingress === undefined && isMissing('authority') && isMissing('ingress')) {
    context.reportKey(
      path,
      'hop.no-authority',
      `it is not known where the hop before reaches \`${id}\``,
      'add `ingress: https://host:port`, or `authority: host:port`',
    )
  }
  if (isRebound && ingress === undefined && isMissing('ingress')) {
    context.reportKey(
      path,
      'hop.no-inner-base',
      `the hop before \`${id}\` rebinds, and it is not known under which URL it calls \`${id}\``,
      'add `ingress: https://host:port`: tokens and proofs are made for it',
    )
  }
  return {
    id,
    kind: written.kind,
    owner: written.owner,
    bases,
    ...(ingress === undefined ? {} : { ingress }),
    authority,
    ...(isRebound && ingress !== undefined ? { innerBase: `${new URL(ingress).protocol}//${authority}` } : {}),
    ...(written.forward === undefined ? {} : { forward: written.forward }),
    replayAuthority: written.replayAuthority ?? false,
    keys,
    ...(written.witness === undefined ? {} : { witness: checkUrl(context, written.witness, [...path, 'witness']) }),
    ...(written.rewrite === undefined ? {} : { rewrite: written.rewrite }),
    ...(conveys === undefined ? {} : { conveys }),
    ...(written.waiver === undefined ? {} : { waiver: written.waiver }),
    at: context.at(path),
  }
}
