import { createServer as createTlsServer } from 'node:https'
import { request } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { findNginx, startNginx } from '@everyhop/gateway/processes'
import { createMemoryReplayStore, createVerifier, evidenceFrom, readSlice } from '@everyhop/verifier'
import type { Front } from './edge.js'
import { listen, serve } from './serve.js'
import type { Stand } from './stand.js'

/**
 * The edge as it is often found: it checks token and proof well, removes both, and forwards a name.
 * Whatever it checked, nobody behind it can check again.
 */
export async function startBlindEdge(stand: Stand, verifyPort: number): Promise<Front> {
  const { life, dir, ports, pki, sliceKeys } = stand
  const verifier = createVerifier({ slice: readSlice(stand.slice('edge'), sliceKeys.publicKey), replay: createMemoryReplayStore({ since: 'always' }) })
  await verifier.ready()
  const verify = async (method: string, target: string, incoming: IncomingMessage): Promise<string | undefined> => {
    const decision = await verifier.verify(evidenceFrom({ method, target, rawHeaders: incoming.rawHeaders }))
    return decision.verdict === 'allow' ? decision.proven.client : undefined
  }

  if (findNginx() === undefined) {
    const tls = { cert: await readFile(pki.certificate), key: await readFile(pki.certificateKey) }
    const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const user = await verify(incoming.method ?? '', incoming.url ?? '', incoming)
      if (user === undefined) return void outgoing.writeHead(401, { 'WWW-Authenticate': 'DPoP' }).end()
      forwardAs(user, { incoming, outgoing, port: ports.application })
    }
    await listen(
      life,
      createTlsServer(tls, (incoming, outgoing) => void handle(incoming, outgoing)),
      ports.edge,
    )
    return 'own hop'
  }

  await serve(
    life,
    (incoming, outgoing) => {
      const { 'x-original-method': method = '', 'x-original-uri': target = '' } = incoming.headers
      void verify(String(method), String(target), incoming).then((user) => {
        outgoing.writeHead(user === undefined ? 401 : 200, user === undefined ? { 'WWW-Authenticate': 'DPoP' } : { 'X-Verified-User': user }).end()
      })
    },
    verifyPort,
  )
  const home = join(dir, 'nginx')
  const nginx = await startNginx({ config: blindConfig({ home, ports, pki, verifyPort }), dir: home })
  life.onStop(() => nginx.stop())
  return 'nginx'
}

type Blind = { readonly home: string; readonly ports: Stand['ports']; readonly pki: Stand['pki']; readonly verifyPort: number }

const blindConfig = ({ home, ports, pki, verifyPort }: Blind): string => `daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log notice;
events { worker_connections 256; }
http {
    client_body_temp_path ${home}/client_body_temp;
    proxy_temp_path ${home}/proxy_temp;
    fastcgi_temp_path ${home}/fastcgi_temp;
    uwsgi_temp_path ${home}/uwsgi_temp;
    scgi_temp_path ${home}/scgi_temp;
    access_log off;
    large_client_header_buffers 4 16k;
    server {
        listen 127.0.0.1:${ports.edge} ssl;
        ssl_certificate ${pki.certificate};
        ssl_certificate_key ${pki.certificateKey};
        location / {
            auth_request /verify;
            auth_request_set $verified_user $upstream_http_x_verified_user;
            proxy_set_header Authorization "";
            proxy_set_header DPoP "";
            proxy_set_header X-User $verified_user;
            proxy_pass http://127.0.0.1:${ports.application};
        }
        location = /verify {
            internal;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
            proxy_pass http://127.0.0.1:${verifyPort};
        }
    }
}
`

/** Sends the request on as nginx does there: token and proof removed, a name set. */
function forwardAs(
  user: string,
  { incoming, outgoing, port }: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse; readonly port: number },
): void {
  const { authorization: _, dpop: __, ...headers } = incoming.headers
  const onward = request(
    { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: { ...headers, 'x-user': user }, agent: false },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    },
  )
  onward.once('error', () => outgoing.destroy())
  incoming.pipe(onward)
}
