import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigFile } from '../config/config-options.js'
import { findBinary, startGateway, type GatewayProcess } from '../gateway-process.js'

const MODULES = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/usr/local/apache2/modules'].find((dir) => existsSync(join(dir, 'mod_lua.so')))
const LUA_SOCKET = ['/usr/lib/x86_64-linux-gnu/lua', '/usr/lib/aarch64-linux-gnu/lua', '/usr/lib64/lua', '/usr/local/lib/lua']

/** Where Apache is, or undefined where this machine has none, or none with mod_lua and LuaSocket. */
export function findApache(): string | undefined {
  const hasSocket = LUA_SOCKET.some((dir) => ['5.1', '5.2', '5.3', '5.4'].some((version) => existsSync(join(dir, version, 'socket', 'unix.so'))))
  return MODULES === undefined || !hasSocket ? undefined : findBinary(['/usr/sbin/apache2', '/usr/sbin/httpd', '/usr/local/apache2/bin/httpd'], '-v')
}

/**
 * Root's Apache must become another user, who could not reach the private socket of a service that root started beside it.
 * So it starts as nobody, and may read what is root's.
 */
const AS_NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override']

/** Runs the files of `apacheConfig`, made with `standalone: { dir }`, in the foreground. */
export function startApache(files: readonly ConfigFile[], dir: string, port: number): Promise<GatewayProcess> {
  const apache = findApache()
  if (apache === undefined) throw new Error('Apache with mod_lua and LuaSocket is not installed')
  const isRoot = process.getuid?.() === 0
  const args = [...(isRoot ? [...AS_NOBODY, apache] : []), '-f', join(dir, 'everyhop.conf')]
  const binary = isRoot ? 'setpriv' : apache
  const env = { EVERYHOP_APACHE_MODULES: MODULES! }
  return startGateway({ binary, args: [...args, '-DFOREGROUND'], checking: [...args, '-t'], env, reloadWith: 'SIGUSR1' }, files, dir, port)
}
