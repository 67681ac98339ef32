import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Hop, Route } from '@everyhop/chain'
import { sha256 } from '@everyhop/proof'
import type { Context } from './context.js'
import type { Path } from './tree.js'

export type Conveyances = ReadonlyMap<string, NonNullable<Hop['conveys']>>

/** How hops that end the clients' TLS convey certificates, by hop. Certificates in files are read relative to the manifest that names them. */
export async function readConveyances(context: Context): Promise<Conveyances> {
  const found = new Map<string, NonNullable<Hop['conveys']>>()
  const owners = new Map<string, string>()
  for (const [id, { conveys, forward }] of Object.entries(context.manifest.hops)) {
    if (conveys === undefined) continue
    const path: Path = ['hops', id, 'conveys']
    if (forward !== 'passthrough')
      context.reportKey(
        path,
        'conveys.mode',
        `\`${id}\` does not pass the proof through, so it conveys no certificate of its own account`,
        'remove `conveys` (an attested hop covers Client-Cert by itself), or say `forward: passthrough`',
      )
    if (conveys.field.toLowerCase() === 'client-cert' && conveys.format !== 'rfc9440')
      context.report([...path, 'format'], 'conveys.format', 'the field Client-Cert has one format, rfc9440', 'change the one or the other')
    const alsoSets = (conveys.alsoSets ?? []).map((name) => name.toLowerCase())
    if (alsoSets.includes(conveys.field.toLowerCase()))
      context.report([...path, 'alsoSets'], 'conveys.field', 'the field that conveys the certificate stands among the others', 'remove it from `alsoSets`')
    const certificates: string[] = []
    for (const [index, certificate] of conveys.certificates.entries()) {
      const here: Path = [...path, 'certificates', index]
      const thumbprint = certificate.startsWith('file:') ? await fromFile(context, certificate.slice('file:'.length), here) : certificate
      if (thumbprint === undefined) continue
      const owner = owners.get(thumbprint)
      if (owner !== undefined) context.report(here, 'conveys.shared', `this is the certificate of ${owner} already`, 'give each hop a certificate of its own')
      owners.set(thumbprint, id)
      certificates.push(thumbprint)
    }
    found.set(id, { certificates, field: conveys.field.toLowerCase(), format: conveys.format, ...(alsoSets.length === 0 ? {} : { alsoSets }) })
  }
  return found
}

async function fromFile(context: Context, name: string, path: Path): Promise<string | undefined> {
  try {
    return sha256(new X509Certificate(await readFile(resolve(dirname(context.at(path).file), name))).raw)
  } catch {
    context.report(
      path,
      'conveys.unreadable',
      `${name} is not a readable file with one certificate in PEM`,
      'name the certificate that the hop shows to the next one',
    )
    return undefined
  }
}

/** What is conveyed must reach a hop that can tell from whom it comes: over mutual TLS, and with no attestation that could say otherwise. */
export function checkConveyances(context: Context, hops: ReadonlyMap<string, Hop>, routes: readonly Route[]): void {
  for (const [before, next] of neighboursOf(routes)) {
    if (hops.get(before)?.conveys === undefined) continue
    const path: Path = ['hops', before, 'conveys']
    if (hops.get(next)?.forward !== undefined)
      context.reportKey(
        path,
        'conveys.reader',
        `\`${next}\` forwards: what decides for it does not see whose connection the certificate came over`,
        `let \`${before}\` stand directly before the application`,
      )
    const ingress = hops.get(next)?.ingress
    if (ingress?.startsWith('http:') === true)
      context.reportKey(
        path,
        'conveys.plain',
        `\`${before}\` reaches \`${next}\` over plain http, where nobody can tell whose word it is`,
        `let \`${next}\` be reached over https, and \`${before}\` show its certificate`,
      )
    if ([...neighboursOf(routes)].some(([other, at]) => at === next && hops.get(other)?.forward === 'attested'))
      context.reportKey(
        path,
        'conveys.beside-attested',
        `\`${next}\` gets attested requests too: two sources could name two certificates`,
        'let all hops before it convey, or all attest',
      )
  }
}

/** Each hop with the one that follows it on some route, once. */
function neighboursOf(routes: readonly Route[]): ReadonlySet<readonly [string, string]> {
  const pairs = new Map<string, readonly [string, string]>()
  for (const { via, application } of routes) {
    for (const path of via.map((before) => [...before, application])) {
      for (const [index, next] of path.slice(1).entries()) pairs.set(`${path[index]!} ${next}`, [path[index]!, next])
    }
  }
  return new Set(pairs.values())
}
