import { attack } from '../../attack.js'

/**
 * The thief has a certificate-bound token and opens TLS with no server name and no certificate, but names the API in Host.
 * A terminator that asks for certificates by server name does not ask here, and routes by Host all the same.
 */
export const noServerName = attack({
  kind: 'forge',
  id: 'DWN-07a',
  title: 'With no server name in the handshake a certificate-bound token works without its certificate',
  control: 'POP-PL-01',
  layer: 'platform',
  spec: ['RFC6066§3', 'RFC8705§3'],
  prod: 'P1',
  needs: ['mtls'],
  expect: 'refused',
  refusedAs: ['token.no-certificate'],
  forge: (honest) => [{ ...honest, certificate: 'none', serverName: '' }],
})
