import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const MARK = 'everyhop: no service is started while a server is installed'

/**
 * Runs `work` while Debian's packages may start no service, and puts the policy back as it was: also when `work` fails,
 * also when a signal ends us, and where an earlier run was killed half-way, what stood there before that run.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [policy] where invoke-rc.d looks
 * @returns {Promise<T>}
 */
export async function denyingServices(work, policy = '/usr/sbin/policy-rc.d') {
  const kept = `${policy}.before-everyhop`
  if (!existsSync(kept) && existsSync(policy) && !isOurs(policy)) renameSync(policy, kept)
  writeFileSync(policy, `#!/bin/sh\n# ${MARK}\nexit 101\n`, { mode: 0o755 })
  const restore = () => (existsSync(kept) ? renameSync(kept, policy) : rmSync(policy, { force: true }))
  /** @param {NodeJS.Signals} signal */
  const interrupted = (signal) => {
    restore()
    process.kill(process.pid, signal)
  }
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.once(signal, interrupted)
  try {
    return await work()
  } finally {
    for (const signal of signals) process.off(signal, interrupted)
    restore()
  }
}

/** @param {string} policy */
function isOurs(policy) {
  return readFileSync(policy, 'utf8').includes(MARK)
}
