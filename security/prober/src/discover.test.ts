import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { discover } from './discover.js'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

type Site = Readonly<Record<string, object | string>>

/** A site whose documents may name its own origin as ORIGIN; a text leads elsewhere. */
async function site(pages: Site, challenge?: string): Promise<string> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? '']
    if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge.replaceAll('ORIGIN', origin))
    if (typeof page === 'string') response.writeHead(302, { Location: page.replaceAll('ORIGIN', origin) }).end()
    else response.writeHead(page === undefined ? 401 : 200).end(JSON.stringify(page ?? {}).replaceAll('ORIGIN', origin))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => void (server.closeAllConnections(), server.close()))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return origin
}

const RESOURCE = '/.well-known/oauth-protected-resource'
const ISSUER = '/.well-known/oauth-authorization-server'

describe('metadata of the resource', () => {
  for (const [what, pages, challenge, isFound] of [
    ['at its own place', { [`${RESOURCE}/orders`]: { resource: 'ORIGIN/orders' } }, undefined, true],
    ['at the place of the whole host', { [RESOURCE]: { resource: 'ORIGIN' } }, undefined, true],
    ['where the challenge says', { '/meta': { resource: 'ORIGIN/orders' } }, 'DPoP resource_metadata="ORIGIN/meta"', true],
    ['by a redirect within the origin', { [RESOURCE]: 'ORIGIN/meta', '/meta': { resource: 'ORIGIN/' } }, undefined, true],
    ['not by a redirect to another', { [RESOURCE]: 'http://127.0.0.1:9/meta' }, undefined, false],
    ['not by a redirect without end', { [RESOURCE]: `ORIGIN${RESOURCE}` }, undefined, false],
    ['not at another origin', {}, 'DPoP resource_metadata="http://127.0.0.1:9/meta"', false],
    ['not where it is about another resource', { [RESOURCE]: { resource: 'ORIGIN/order' } }, undefined, false],
    ['not where it is too long', { [RESOURCE]: { resource: 'ORIGIN', more: 'x'.repeat(70_000) } }, undefined, false],
  ] satisfies readonly (readonly [string, Site, string | undefined, boolean])[]) {
    test(what, async () => {
      const { resource, notes } = await discover({ url: `${await site(pages, challenge)}/orders` })
      expect([resource !== undefined, notes.some((note) => note.startsWith('no metadata of the resource'))]).toEqual([isFound, !isFound])
    })
  }
})

describe('metadata of the issuer', () => {
  for (const [what, pages, path, isFound] of [
    ['of OAuth', { [ISSUER]: { issuer: 'ORIGIN' } }, '', true],
    ['of OAuth, with a path', { [`${ISSUER}/tenant`]: { issuer: 'ORIGIN/tenant' } }, '/tenant', true],
    ['of OpenID Connect', { '/tenant/.well-known/openid-configuration': { issuer: 'ORIGIN/tenant' } }, '/tenant', true],
    ['not of another issuer', { [ISSUER]: { issuer: 'https://id.example' } }, '', false],
  ] satisfies readonly (readonly [string, Site, string, boolean])[]) {
    test(what, async () => {
      const url = `${await site(pages)}${path}`
      const { issuer } = await discover({ url: `${url}/x`, issuer: url })
      expect(issuer?.url).toBe(isFound ? url : undefined)
    })
  }

  test('the resource names it', async () => {
    const id = await site({ [ISSUER]: { issuer: 'ORIGIN' } })
    const api = await site({ [RESOURCE]: { resource: 'ORIGIN', authorization_servers: [id, 'https://other.example'] } }, 'Bearer, DPoP algs="ES256"')
    const found = await discover({ url: `${api}/orders` })
    expect(found).toMatchObject({ issuer: { url: id }, edge: { status: 401, schemes: ['DPoP', 'Bearer'] } })
    expect(found.notes).toEqual(['the resource names 2 issuers: the first is taken'])
  })
})

describe('never asked', () => {
  for (const [what, url, says] of [
    ['a link-local address', 'https://169.254.169.254/latest', 'link-local'],
    ['a plain connection to another machine', 'http://192.0.2.1/', 'not https'],
  ] as const) {
    test(what, async () => {
      await expect(discover({ url })).rejects.toThrow(says)
    })
  }
  test('such an address behind a name', async () => {
    await expect(discover({ url: 'https://api.example/', resolve: async () => '169.254.169.254' })).rejects.toThrow('link-local')
  })
})
