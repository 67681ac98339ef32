import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { broken, held, notHere, unknown, type GatewayCheck } from './gateway-check.js'

/** Where gateways reach the decision service, and where careless ones let everybody. */
const SIGNING_PATHS = [
  '/__everyhop/decide',
  '/%5F_everyhop/decide',
  '/x/../__everyhop/decide',
  '//__everyhop/decide',
  '/decide',
  '/check',
  '/render',
  '/healthz',
  '/readyz',
  '/metrics',
  '/envoy.service.auth.v3.Authorization/Check',
]
/** A question as a gateway asks it: whoever answers that is the decision service. */
const QUESTION = {
  'Everyhop-Method': 'GET',
  'Everyhop-Target': '/',
  'Everyhop-Request': 'everyhop-gateway-verify-0000000000',
}
const PATIENCE_MS = 5_000

type Answer = { readonly status: number; readonly names: readonly string[]; readonly body: string }

/** Whether the service that signs can be asked through the gateway. Sends no credentials. */
export async function signingService(base: string): Promise<GatewayCheck> {
  const what = 'the decision service cannot be asked through the gateway'
  let answers = 0
  for (const path of SIGNING_PATHS) {
    for (const method of ['GET', 'POST']) {
      const answer = await ask(base, path, method).catch(() => undefined)
      if (answer) answers += 1
      if (answer && isOfService(answer)) {
        return broken(what, `${method} ${path} was answered by it`, 'make its locations internal, and let nothing but the gateway reach its socket')
      }
    }
  }
  return answers === 0 ? unknown(what, `${base} does not answer`) : held(what, `${answers} questions, none answered by it`)
}

/** Whether a service that listens on TCP answers somebody without a registered certificate. */
export async function tcpChannel(address: string): Promise<GatewayCheck> {
  const what = 'the decision service answers nobody without a registered certificate'
  let isThere = true
  for (const scheme of ['https', 'http']) {
    const answer = await ask(`${scheme}://${address}`, '/check', 'GET').catch((error: NodeJS.ErrnoException) => {
      isThere &&= !UNREACHABLE.has(error.code ?? '')
    })
    if (answer) {
      const mend = 'run it with --tcp-certificate, --tcp-key and --gateways, and behind nothing that ends TLS'
      return broken(what, `${scheme}://${address} answered ${answer.status}`, mend)
    }
  }
  return isThere ? held(what, `${address} answered nothing`) : unknown(what, `nobody listens on ${address}`)
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

/** Whether an application behind the gateway can be reached from here, where clients are. A refusal of its own is its second line, not the first. */
export async function application(hop: string, ingress: string): Promise<GatewayCheck> {
  const what = `${hop} cannot be reached around the gateway`
  if (/^https?:\/\/(?:127\.|localhost|\[::1\])/.test(ingress)) return notHere(what, `${ingress} is of this machine: run this from where clients are`)
  const answer = await ask(ingress, '/', 'GET').catch(() => undefined)
  if (!answer) return held(what, `${ingress} does not answer from here`)
  return broken(what, `${ingress} answered ${answer.status}`, 'let only the gateway reach it: a private network, a firewall, or mutual TLS')
}

const isOfService = ({ names, body }: Answer): boolean =>
  names.some((name) => ['everyhop-verdict', 'everyhop-answer', 'everyhop-next', 'signature-input'].includes(name)) ||
  /^everyhop_\w+/m.test(body) ||
  /"status":"(?:starting|serving|draining)","chain":/.test(body)

function ask(base: string, path: string, method: string): Promise<Answer> {
  const { protocol, hostname, port } = new URL(base)
  const options = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : port,
    path,
    method,
    agent: false,
    headers: QUESTION,
    timeout: PATIENCE_MS,
  }
  return new Promise((resolve, reject) => {
    // Whoever answers is looked at, whatever its certificate: nothing secret is sent.
    const sent = protocol === 'https:' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
    sent.once('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        if (body.length < 65_536) body += chunk.toString('latin1')
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, names: Object.keys(response.headers), body }))
      response.once('error', reject)
    })
    sent.once('timeout', () => sent.destroy(new Error('no answer')))
    sent.once('error', reject)
    sent.end()
  })
}
