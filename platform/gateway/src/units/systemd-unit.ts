import { basename } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import type { Product } from '../config/gateway-config.js'
import type { ConfigFile } from '../config/config-options.js'
import { text } from '../config/blocks.js'
import { runCommand, unitOf, type Unit, type UnitOptions } from './unit-options.js'

/** Who runs the gateway in its packages, and its unit: whoever can connect to the socket is the gateway. */
const GATEWAYS: Readonly<Record<Product, readonly [user: string, unit: string]>> = {
  apache: ['www-data', 'apache2'],
  caddy: ['caddy', 'caddy'],
  envoy: ['envoy', 'envoy'],
  haproxy: ['haproxy', 'haproxy'],
  nginx: ['www-data', 'nginx'],
}

/** A hardened unit of systemd (247 and later) for the decision service of one hop. Throws ConfigError for what would not be safe to write. */
export function systemdUnit(slice: Slice, options: UnitOptions): ConfigFile {
  const unit = unitOf(slice, options)
  const [user, gateway] = GATEWAYS[unit.product]
  if (!unit.directory.startsWith('/run/') || unit.directory.split('/').length !== 3) {
    throw new ConfigError('config.socket', 'systemd makes the directory of the socket: name one directly below /run, as /run/everyhop/decide.sock')
  }
  const run = runCommand(unit, {
    slice: `/etc/everyhop/${unit.hop}.slice`,
    sliceKey: '/etc/everyhop/slices.pub.json',
    key: '${CREDENTIALS_DIRECTORY}/hop-key',
    nonceSecret: '${CREDENTIALS_DIRECTORY}/nonce-secret',
  })
  return {
    name: `${unit.name}.service`,
    text: text([
      '[Unit]',
      `Description=Everyhop: decisions for hop ${unit.hop}`,
      'After=network-online.target',
      'Wants=network-online.target',
      `Before=${gateway}.service`,
      '',
      '[Service]',
      `ExecStart=/usr/bin/env ${run.join(' ')}`,
      '# Reads the slice again; a bad one is refused and the old one stays.',
      'ExecReload=/bin/kill -HUP $MAINPID',
      'Restart=always',
      'RestartSec=1',
      '# Longer than it takes to finish what is under way.',
      'TimeoutStopSec=10',
      '',
      `# The user of ${gateway}: the socket is for it alone.`,
      `User=${user}`,
      `RuntimeDirectory=${basename(unit.directory)}`,
      'RuntimeDirectoryMode=0700',
      ...credentials(unit),
      '',
      ...HARDENING,
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ]),
  }
}

const credentials = ({ hop, signs, givesNonces }: Unit): readonly string[] => [
  ...(signs || givesNonces ? ['# Secrets that only root can read, and this service while it runs; not the gateway, though it is the same user.'] : []),
  ...(signs ? [`LoadCredential=hop-key:/etc/everyhop/${hop}.key`] : []),
  ...(givesNonces ? [`LoadCredential=nonce-secret:/etc/everyhop/${hop}.nonce`] : []),
]

const HARDENING: readonly string[] = [
  'UMask=0077',
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectProc=invisible',
  'ProcSubset=pid',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'KeyringMode=private',
  '# The socket, and the issuer over the network.',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged',
  'SystemCallErrorNumber=EPERM',
  '# Not MemoryDenyWriteExecute: V8 compiles while it runs.',
  'MemoryMax=512M',
  'TasksMax=64',
  '# No copy of the key on disk when it crashes.',
  'LimitCORE=0',
]
