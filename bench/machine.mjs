import { arch, cpus, release, totalmem, type } from 'node:os'
import { versionOf } from './peer.mjs'

/** What the figures were taken on.
 * @param {readonly import('./peer.mjs').Peer[]} peers
 * @returns {Omit<import('./result.mjs').Machine, 'others'>} */
export function machine(peers) {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    peers: Object.fromEntries(peers.map(({ name, package: from }) => [name, `${from} ${versionOf(from)}`])),
  }
}
