import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { request } from 'node:https'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509'

cryptoProvider.set(webcrypto as never)
const ALG = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export type Certified = { readonly certificate: X509Certificate; readonly keys: webcrypto.CryptoKeyPair; readonly cert: string; readonly key: string }

/** A certificate by `issuer`, or one that signs itself. */
export async function certify(subject: string, issuer?: Certified, { dns, isCa = false }: { dns?: string; isCa?: boolean } = {}): Promise<Certified> {
  const keys = await webcrypto.subtle.generateKey(ALG, true, ['sign', 'verify'])
  const day = 86_400_000
  const certificate = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^[89a-f]/, '1'),
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALG,
    extensions: [
      ...(isCa ? [new BasicConstraintsExtension(true, 1, true)] : []),
      ...(dns ? [new SubjectAlternativeNameExtension([{ type: 'dns', value: dns }])] : []),
    ],
  })
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { certificate, keys, cert: certificate.toString('pem'), key }
}

export type TlsAsk = {
  readonly port: number
  readonly ca: string
  readonly path: string
  readonly as?: Certified | undefined
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** One request over a TLS connection of its own, to a server that calls itself id.example.com. */
export const askTls = ({
  port,
  ca,
  path,
  as,
  form,
  headers = {},
}: TlsAsk): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, ca, servername: 'id.example.com', agent: false, ...(as ? { cert: as.cert, key: as.key } : {}) }
    const sent = request(
      { ...options, method: form ? 'POST' : 'GET', headers: { ...headers, ...(form ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}) } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>,
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(form ? new URLSearchParams(form).toString() : undefined)
  })
