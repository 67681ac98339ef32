import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

/** PEM files of one run: a CA made for it, which certifies the edge and, where asked, clients. Nothing else trusts it. */
export type Pki = {
  readonly ca: string
  readonly certificate: string
  readonly certificateKey: string
  /** Makes a client certificate; resolves to the paths of its PEM files. */
  readonly client: (name: string) => Promise<{ readonly certificate: string; readonly key: string }>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const HOUR = 3_600_000

type Pair = { readonly publicKey: webcrypto.CryptoKey; readonly privateKey: webcrypto.CryptoKey }

export async function createPki(dir: string): Promise<Pki> {
  x509.cryptoProvider.set(webcrypto as never) // the library names the types of browsers
  const validity = { notBefore: new Date(Date.now() - HOUR), notAfter: new Date(Date.now() + 12 * HOUR) }
  const caKeys = await pair()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Everyhop test CA',
    keys: caKeys as never,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })

  async function issue(file: string, name: string, extensions: readonly x509.Extension[]): Promise<{ readonly certificate: string; readonly key: string }> {
    const keys = await pair()
    const made = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: ca.subject,
      publicKey: keys.publicKey as never,
      signingKey: caKeys.privateKey as never,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true), ...extensions],
    })
    const paths = { certificate: join(dir, `${file}.pem`), key: join(dir, `${file}.key`) }
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    await writeFile(paths.certificate, `${made.toString('pem')}\n`)
    await writeFile(paths.key, `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, { mode: 0o600 })
    return paths
  }

  const caFile = join(dir, 'ca.pem')
  await writeFile(caFile, `${ca.toString('pem')}\n`)
  const server = await issue('edge', 'Everyhop test edge', [
    new x509.SubjectAlternativeNameExtension([
      { type: 'ip', value: '127.0.0.1' },
      { type: 'dns', value: 'localhost' },
    ]),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ])
  return {
    ca: caFile,
    certificate: server.certificate,
    certificateKey: server.key,
    client: (name) => issue(`client-${name}`, name, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]),
  }
}

const pair = async (): Promise<Pair> => (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as Pair
