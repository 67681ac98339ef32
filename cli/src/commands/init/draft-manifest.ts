import type { Facts, Known } from './facts.js'

/** The manifest as a person reads it: each value says where it is from, or that it is unknown. */
export function draftManifest(facts: Facts): string {
  const { chain, issuer, binding, proofAlgs, lifetime, client, second, path, runner } = facts
  const canaries = second === undefined ? 'canary' : 'canary, second'
  const hasGateway = facts.gateway.value !== 'none'
  return `# The chain as \`everyhop init\` could see it from outside. What it could not know is marked "unknown": it is a guess or is
# left out, and what hangs on it stays unproven. Mend the guesses, then:
#   everyhop check
#   everyhop probe --runner ${runner} --plan
version: 1
chain: ${chain}

# unknown: who is told when something fails, and how they are reached
teams:
  identity: { layer: identity, contact: unknown }
${hasGateway ? '  platform: { layer: platform, contact: unknown }\n' : ''}  application: { layer: application, contact: unknown }
  security: { layer: security, contact: unknown }

issuer:
  ${said(issuer, 'the issuer')}
  url: ${text(issuer.value)}
  owner: identity
  tokens:
${tokens(facts)}
${revocations(facts)}
hops:
${hasGateway ? gateway(facts) : ''}${application(facts, hasGateway)}
policy:
  ${said(binding, 'whether tokens are bound, and to what')}
  binding: [${binding.value}]
${binding.value === 'dpop' ? `  ${said(proofAlgs, 'how clients may sign proofs')}\n  proofAlg: [${proofAlgs.value.join(', ')}]\n` : ''}  ${said(lifetime, 'how long a token may live')}
  tokenLifetime: ${duration(lifetime.value)}

clients:
  # The prober's own${second === undefined ? '. With a second one, which plays the thief, more can be tried.' : ': the victim, and the thief.'}
  canary: { kind: service, id: ${text(client)} }
${second === undefined ? '' : `  second: { kind: service, id: ${text(second)} }\n`}
routes:
  # unknown: which other paths there are, who else may call them, and by which hops
  - path: ${text(`${path.replace(/\/[^/]*$/, '')}/**`)}
    at: application
${hasGateway ? '    via: [[gateway]]\n' : ''}    clients: [${canaries}]
${audience(facts)}
# What is attacked. On a machine of your own and in staging \`class: P3\` tries everything; P1 is safe everywhere.
probe: { clients: [${canaries}], resource: ${text(path)}, class: ${facts.isOnThisMachine ? 'P3' : 'P1'} }
`
}

/** JSON is YAML, and lets no text be anything else. */
const text = (value: string): string =>
  /^[a-zA-Z/][\w./:@-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value) && !value.includes(': ') && !value.endsWith(':')
    ? value
    : JSON.stringify(value)

const said = ({ from }: Known<unknown>, what: string): string => (from === undefined ? `# unknown: ${what}` : `# from ${from}`)

function tokens({ tokenAlgs, tokenTypes, isOpaque }: Facts): string {
  const lines = [`    ${said(tokenAlgs, 'how it signs its tokens')}`, `    alg: [${tokenAlgs.value.join(', ')}]`]
  if (!isOpaque) lines.push(`    ${said(tokenTypes, 'their typ')}`, `    typ: [${tokenTypes.value.map(text).join(', ')}]`)
  return lines.join('\n')
}

function revocations({ isOpaque, introspection, issuer }: Facts): string {
  const asked =
    introspection === undefined ? '  # unknown: where its opaque tokens are asked about\n  # introspection: …' : `  introspection: ${text(introspection)}`
  return `${isOpaque ? `${asked}\n` : ''}  # unknown: a feed of what was revoked; without one nothing is proven of revocation
  # revocations: ${text(`${issuer.value.replace(/\/$/, '')}/revocations`)}
`
}

const gateway = ({ gateway: kind, base }: Facts): string => `  gateway:
    ${said(kind, 'what it is, or whether there is one')}
    kind: ${kind.value}
    owner: platform
    base: [${text(base)}]
    # unknown: how it hands on the proof; passthrough leaves token and proof as they are
    forward: passthrough
    # unknown: a witness there, which would tell what arrived
    # witness: http://…
`

const application = ({ base }: Facts, hasGateway: boolean): string => `  application:
    # unknown: whether it runs a guard of ours; application is anything else
    kind: application
    owner: application
${
  hasGateway
    ? `    # unknown: where it is reached around the gateway; without it the way around is not tried
    # ingress: http://…
    # unknown: the name under which the gateway calls it; it stands for the one of ingress
    authority: application.internal
`
    : `    base: [${text(base)}]
`
}`

function audience({ audience: { value, from } }: Facts): string {
  return from === undefined
    ? '    # unknown: what stands in aud of its tokens; the base by default\n    # audience: …\n'
    : `    # from ${from}\n    audience: [${value.map(text).join(', ')}]\n`
}

/** The manifest knows no longer life than a day. */
const duration = (seconds: number): string => `${Math.min(Math.ceil(seconds), 86_400)}s`
