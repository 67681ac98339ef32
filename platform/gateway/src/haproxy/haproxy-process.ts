import { join } from 'node:path'
import type { ConfigFile } from '../config/config-options.js'
import { findBinary, startGateway, type GatewayProcess } from '../gateway-process.js'

/** Where HAProxy is, or undefined where this machine has none. */
export const findHaproxy = (): string | undefined => findBinary(['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/opt/homebrew/bin/haproxy', 'haproxy'], '-v')

/** Runs the files of `haproxyConfig`, made with `standalone: { dir }`, as a master and its worker. */
export function startHaproxy(files: readonly ConfigFile[], dir: string, port: number): Promise<GatewayProcess> {
  const binary = findHaproxy()
  if (binary === undefined) throw new Error('HAProxy is not installed')
  const config = ['-f', join(dir, 'haproxy.cfg')]
  return startGateway({ binary, args: ['-W', ...config], checking: ['-c', '-q', ...config], reloadWith: 'SIGUSR2' }, files, dir, port)
}
