import { HOP_TAG, LINK, LINK_TAG, linkBase, linkComponents, travellingBase, travellingComponents, type CoveredFields } from './attestation.js'
import type { Code } from './codes.js'
import { algOf, signatureHolds } from './compact-jws.js'
import type { Evidence } from './evidence.js'
import type { Policy, RoutePolicy } from './policy.js'
import type { Spend } from './decision.js'
import { readHopField, readSignatureInput, readSignatures, type Member } from './structured-fields.js'
import type { RequestTarget, Target } from './target.js'
import { sha256 } from './thumbprint.js'

/** An attestation of which everything holds but the signatures, which cost the most and are checked last. */
export type Attested = {
  readonly path: readonly string[]
  /** What the first hop attested, to be compared with what the request itself proves. */
  readonly subject: { readonly binding: unknown; readonly jkt: unknown; readonly x5t: unknown; readonly waiver: unknown }
  readonly spend: Spend
  readonly signaturesHold: () => boolean
}

/** Reads and judges the attestation of a request on an attested route, or names the first defect. */
export function readAttestation(evidence: Evidence, target: RequestTarget, candidates: readonly Target[], route: RoutePolicy, policy: Policy): Attested | Code {
  const { everyhopHop, signature, signatureInput, clientCert, contentDigest } = evidence.hop
  if ([everyhopHop, signature, signatureInput, clientCert, contentDigest].some((values) => values.length > 1)) return 'attestation.repeated'
  const [hopField, signatureField, inputField] = [everyhopHop[0], signature[0], signatureInput[0]]
  if (hopField === undefined || signatureField === undefined || inputField === undefined) return 'path.unattested'

  const members = readHopField(hopField)
  const inputs = readSignatureInput(inputField)
  const signatures = readSignatures(signatureField)
  if (!members || !inputs || !signatures) return 'attestation.malformed'

  const path = members.map(({ key }) => key)
  if (!route.via.some((allowed) => same(allowed, path))) return 'path.unexpected'
  const labels = [...path, LINK]
  if (
    !same(
      labels,
      inputs.map(({ key }) => key),
    ) ||
    !same(labels, [...signatures.keys()])
  )
    return 'attestation.uncovered'

  const statement = judgeStatements(members, evidence, candidates, signatures)
  if (statement !== undefined) return statement

  // Whatever is missing or repeated here is refused by the one who reads it next: only what came first can be covered.
  const fields: CoveredFields = {
    authorization: evidence.authorization[0] ?? '',
    ...(evidence.dpop[0] === undefined ? {} : { dpop: evidence.dpop[0] }),
    ...(clientCert[0] === undefined ? {} : { clientCert: clientCert[0] }),
    ...(route.body === 'covered' && contentDigest[0] !== undefined ? { contentDigest: contentDigest[0] } : {}),
  }

  const checks: (() => boolean)[] = []
  let linkSpend: Spend | undefined
  for (const [index, input] of inputs.entries()) {
    const isLink = input.key === LINK
    const signer = isLink ? path.at(-1)! : input.key
    const components = isLink ? linkComponents(signer) : travellingComponents(path.slice(0, index + 1), fields)
    if (input.components !== components) return 'attestation.uncovered'
    const parameters = judgeParameters(input.parameters, isLink ? LINK_TAG : HOP_TAG, evidence.now, policy)
    if (typeof parameters === 'string') return parameters
    const key = policy.hops.get(signer)?.keys.get(parameters.keyid)
    if (!key) return 'attestation.unknown-key'
    const bytes = signatures.get(input.key)!
    const base = () =>
      isLink
        ? linkBase(
            { method: evidence.method, authority: policy.authority, path: target.path, query: target.query },
            signer,
            signatures.get(signer)!,
            input.text,
          )
        : travellingBase(
            members.slice(0, index + 1).map(({ key: hop, text }) => ({ hop, text })),
            fields,
            input.text,
          )
    checks.push(() => signatureHolds(algOf(key), key, base(), bytes))
    if (isLink) {
      linkSpend = {
        id: sha256(`attestation\n${policy.hop}\n${parameters.keyid}\n${parameters.nonce}`),
        until: parameters.expires + policy.skew,
        from: parameters.created - policy.skew,
        made: parameters.expires,
        kind: `attestation ${policy.hop}`,
        spent: 'attestation.replayed',
      }
    }
  }

  const first = members[0]!.parameters
  return {
    path,
    subject: { binding: first.get('b'), jkt: first.get('k'), x5t: first.get('c'), waiver: first.get('w') },
    spend: linkSpend!,
    signaturesHold: () => checks.every((holds) => holds()),
  }
}

/** What each hop says: the first names method and external target, each later one the signature before its own. */
function judgeStatements(
  members: readonly Member[],
  evidence: Evidence,
  candidates: readonly Target[],
  signatures: ReadonlyMap<string, Buffer>,
): Code | undefined {
  const { parameters: first } = members[0]!
  if (first.get('m') !== evidence.method) return 'attestation.method'
  if (!candidates.includes(first.get('u') as Target)) return 'attestation.target'
  for (const [index, member] of members.entries()) {
    const before = members[index - 1]
    const previous = before && sha256(signatures.get(before.key)!)
    if (member.parameters.get('p') !== previous) return 'attestation.uncovered'
    if (before && (member.parameters.has('m') || member.parameters.has('u'))) return 'attestation.malformed'
    if (SUBJECT.some((name) => member.parameters.get(name) !== first.get(name))) return 'attestation.subject'
  }
  return undefined
}

const SUBJECT = ['b', 'k', 'c', 'w'] as const
const NONCE = /^[\w-]{22}$/

type Judged = { readonly keyid: string; readonly nonce: string; readonly created: number; readonly expires: number }

/** The parameters of one signature: all five and no other, `alg` least of all. RFC 9421 §2.3. */
function judgeParameters(parameters: Member['parameters'], tag: string, now: number, policy: Policy): Judged | Code {
  const created = parameters.get('created')
  const expires = parameters.get('expires')
  const nonce = String(parameters.get('nonce'))
  const keyid = String(parameters.get('keyid'))
  if (parameters.size !== 5 || !NONCE.test(nonce)) return 'attestation.malformed'
  if (typeof created !== 'number' || typeof expires !== 'number') return 'attestation.malformed'
  if (parameters.get('tag') !== tag) return 'attestation.tag'
  if (!(created <= now + policy.skew)) return 'attestation.early'
  if (!(now <= expires + policy.skew && expires > created && expires - created <= policy.maxAttestationAge)) return 'attestation.stale'
  return { keyid, nonce, created, expires }
}

const same = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index])
