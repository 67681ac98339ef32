import { createHash } from 'node:crypto'
import { auth } from 'express-oauth2-jwt-bearer'
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, jwtVerify, type JSONWebKeySet } from 'jose'
import * as oauth from 'oauth4webapi'
import { KEYS, publicJwk } from './honest.testkit.js'

/** Other verifiers, each as its documentation says. What they refuse and we accept is a fault of ours until it is explained. */

/** A request for `GET https://api.test/orders/1?page=2`. */
export type Asked = { readonly scheme: 'DPoP' | 'Bearer'; readonly token: string; readonly proof?: string }
export type Oracle = { readonly name: string; readonly accepts: (asked: Asked) => Promise<boolean> }

export const ALGS = ['ES256', 'EdDSA'] as const
const ISSUER = 'https://id.test'
const AUDIENCE = 'https://api.test'
const JWKS = { keys: [{ ...publicJwk(KEYS.issuer.publicKey), kid: 'k1', alg: 'ES256', use: 'sig' }] }

const holds = (verification: Promise<unknown>): Promise<boolean> =>
  verification.then(
    () => true,
    () => false,
  )

/** The JOSE library that most of JavaScript verifies with, put together as RFC 9068 §4 and RFC 9449 §4.3 say; it reads no `htm`, `htu` or `jti`. */
const jose: Oracle = {
  name: 'jose',
  accepts: ({ scheme, token, proof }) =>
    holds(
      (async () => {
        const keys = createLocalJWKSet(JWKS as unknown as JSONWebKeySet)
        const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'], clockTolerance: 5 })
        if (scheme === 'Bearer' || proof === undefined) throw new Error('unbound')
        const verified = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: [...ALGS], maxTokenAge: 60, clockTolerance: 5 })
        const { jkt } = payload['cnf'] as { jkt: unknown }
        const isBound = (await calculateJwkThumbprint(verified.protectedHeader.jwk!)) === jkt
        const isForToken = verified.payload['ath'] === createHash('sha256').update(token).digest('base64url')
        if (!isBound || !isForToken) throw new Error('another key or token')
      })(),
    ),
}

const server: oauth.AuthorizationServer = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
const oauth4webapi: Oracle = {
  name: 'oauth4webapi',
  accepts: ({ scheme, token, proof }) =>
    holds(
      (async () => {
        const headers = new Headers({ authorization: `${scheme} ${token}` })
        if (proof !== undefined) headers.set('dpop', proof)
        const request = new Request(`${AUDIENCE}/orders/1?page=2`, { headers })
        return oauth.validateJwtAccessToken(server, request, AUDIENCE, {
          requireDPoP: true,
          signingAlgorithms: [...ALGS],
          [oauth.clockTolerance]: 5,
          [oauth.customFetch]: async () => Response.json(JWKS),
        })
      })(),
    ),
}

const verify = auth({ issuer: ISSUER, audience: AUDIENCE, publicKey: JWKS as never, tokenSigningAlg: 'ES256', strict: true, dpop: { required: true } })
const expressJwtBearer: Oracle = {
  name: 'express-oauth2-jwt-bearer',
  accepts: ({ scheme, token, proof }) =>
    new Promise((resolve) => {
      const headers = { authorization: `${scheme} ${token}`, host: 'api.test', ...(proof === undefined ? {} : { dpop: proof }) }
      const get = (name: string) => headers[name.toLowerCase() as 'host']
      const url = '/orders/1?page=2'
      const request = {
        method: 'GET',
        url,
        originalUrl: url,
        path: '/orders/1',
        protocol: 'https',
        secure: true,
        headers,
        get,
        query: {},
        is: () => false,
        app: { enabled: () => false, get: () => undefined },
      }
      void verify(request as never, {} as never, (error?: unknown) => resolve(error === undefined))
    }),
}

export const ORACLES: readonly Oracle[] = [jose, oauth4webapi, expressJwtBearer]
