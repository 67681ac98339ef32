import { join } from 'node:path'
import type { ConfigFile } from '../config/config-options.js'
import { findBinary, startGateway, type GatewayProcess } from '../gateway-process.js'

/** Where Caddy is, or undefined where this machine has none. */
export const findCaddy = (): string | undefined => findBinary(['/usr/bin/caddy', '/usr/local/bin/caddy', '/opt/homebrew/bin/caddy', 'caddy'], 'version')

/** Runs the Caddyfile of `caddyConfig`, made with `standalone: { dir }`. */
export function startCaddy(files: readonly ConfigFile[], dir: string, port: number): Promise<GatewayProcess> {
  const binary = findCaddy()
  if (binary === undefined) throw new Error('Caddy is not installed')
  const config = ['--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile']
  const program = { binary, args: ['run', ...config], checking: ['validate', ...config], reloadWith: ['reload', ...config] }
  return startGateway({ ...program, env: { HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir } }, files, dir, port)
}
